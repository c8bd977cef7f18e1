import { isSameIncarnation } from "../session/Incarnation.ts"
import type { Server } from "../session/Introduction.ts"
import type { ServerFacts } from "../session/ServerFacts.ts"
import type { AssignedId } from "../session/TransactionId.ts"

/** What a server says of an id: `future` of one not given yet, `forgotten` of one too old. */
export type TransactionStatus = "committed" | "aborted" | "in progress" | "future" | "forgotten"

/** A transaction whose COMMIT was sent and not answered. */
export interface Doubt {
  readonly id: AssignedId
  /** The server of its session, as that one introduced itself. */
  readonly server: Server
}

/** What became of it; `Waiting`: it may yet be known, so ask again. */
export type Fate = "Committed" | "RolledBack" | "Waiting" | "Unknown"

/** No id was given twice, so the status is this transaction's. */
const ofThisOne: Readonly<Record<TransactionStatus, Fate>> = {
  committed: "Committed",
  aborted: "RolledBack",
  "in progress": "Waiting",
  future: "Unknown",
  forgotten: "Unknown"
}

/**
 * The id may have been lost and given to another transaction. Had this one been committed for good,
 * its id would have been kept, and could be neither aborted nor unknown now.
 */
const ofThisOrAnother: Readonly<Record<TransactionStatus, Fate>> = {
  committed: "Unknown",
  aborted: "RolledBack",
  "in progress": "Waiting",
  future: "RolledBack",
  forgotten: "Unknown"
}

/** The log goes on as it was, no standby has taken over. */
const isSameTimeline = ({ server }: Doubt, now: ServerFacts): boolean =>
  now.timeline === server.timeline && now.walTimeline === server.timeline

/** A server that was left behind when another one took over: it never had the transaction. */
const isLeftBehind = ({ server }: Doubt, now: ServerFacts): boolean =>
  Number(now.walTimeline) < Number(server.timeline)

/** A checkpoint since the id was given out knows of it, unless the id was lost in between. */
const isLost = ({ id }: Doubt, { checkpointAt, nextXid }: ServerFacts): boolean =>
  checkpointAt > id.assignedAt && BigInt(id.xid) >= nextXid

/**
 * The server has only been restarted in order: its statistics go on, and the checkpoint with which it
 * ended knows the id. A copy of its files from before does not.
 */
const hasOnlyRestarted = ({ id }: Doubt, now: ServerFacts): boolean =>
  now.incarnation.statisticsSince === id.incarnation.statisticsSince &&
  now.checkpointAt >= Math.floor(id.assignedAt) &&
  BigInt(id.xid) < now.nextXid

/**
 * What became of a transaction whose COMMIT was not answered, by what a server says later. Never a
 * wrong answer: after a crash an id that had not become durable is given out again, and its status is
 * then another transaction's. Recovery begins the statistics anew, an orderly restart keeps them.
 *
 * That a recovery's own checkpoint knows the id proves nothing: after two crashes the id may be that
 * of another transaction, which survived the second one.
 */
export const fateOf = (doubt: Doubt, now: ServerFacts, status: TransactionStatus): Fate => {
  if (now.systemIdentifier !== doubt.server.systemIdentifier) return "Unknown"
  if (now.isStandby) return "Waiting"
  if (isSameIncarnation(now.incarnation, doubt.id.incarnation)) return ofThisOne[status]
  if (isLeftBehind(doubt, now)) return "Unknown"
  if (!isSameTimeline(doubt, now)) return ofThisOrAnother[status]
  if (isLost(doubt, now)) return "RolledBack"
  return hasOnlyRestarted(doubt, now) ? ofThisOne[status] : ofThisOrAnother[status]
}
