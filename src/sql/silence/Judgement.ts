import { Duration } from "effect"
import type { Phase } from "../failure/PgError.ts"
import { type Backend, isAtHome, isReplaced } from "../session/Backend.ts"
import type { Look, Sight } from "./SideLook.ts"

/** A session that owes an answer of which no byte has come. */
export interface Silent {
  readonly phase: Phase
  /** Who has to answer; absent where nobody can tell, as behind a pooler outside a transaction. */
  readonly backend: Backend | undefined
}

/**
 * What one look from the side says of a silent session:
 * - `Busy`: its backend works, or waits for others, such as a lock or a standby. It will answer.
 * - `WaitsForUs`: its backend waits for its client, which waits for it.
 * - `Gone`: its backend, or the transaction by which it was known, has ended.
 * - `Overtaken`: a later question was answered by the same door, and BEGIN, which takes no time, not.
 * - `Unclear`: nothing can be said.
 */
export type Finding =
  | { readonly _tag: "Busy" }
  | { readonly _tag: "WaitsForUs"; readonly sight: Sight }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Overtaken" }
  | { readonly _tag: "Unclear" }

const busy: Finding = { _tag: "Busy" }
const gone: Finding = { _tag: "Gone" }
const overtaken: Finding = { _tag: "Overtaken" }
const unclear: Finding = { _tag: "Unclear" }

const waitsForClient = new Set(["ClientRead", "ClientWrite"])

/** Activity is not shown to this role, or not tracked at all. */
const isHidden = ({ state }: Sight): boolean => state === null || state === "disabled"

const isSame = (backend: Backend, sight: Sight): boolean =>
  backend.since === (backend.of === "session" ? sight.sessionSince : sight.transactionSince)

const judgeBackend = (backend: Backend, { home, sights }: Look): Finding => {
  if (!isAtHome(backend, home)) return isReplaced(backend, home) ? gone : unclear
  const sight = sights.find(({ pid }) => pid === backend.pid)
  if (sight === undefined) return gone
  if (isHidden(sight)) return unclear
  if (!isSame(backend, sight)) return gone
  return waitsForClient.has(sight.waitEvent ?? "") ? { _tag: "WaitsForUs", sight } : busy
}

/** Whether a look can say anything of it. */
export const canBeJudged = ({ backend, phase }: Silent): boolean =>
  backend !== undefined || phase === "begin"

/** What a look says of a silent session. */
export const judge = (silent: Silent, look: Look): Finding => {
  if (silent.backend !== undefined) return judgeBackend(silent.backend, look)
  return silent.phase === "begin" ? overtaken : unclear
}

/** It looks as if the network had swallowed something; the answer may yet be on its way. */
export const isSuspicious = ({ _tag }: Finding): boolean => _tag !== "Busy" && _tag !== "Unclear"

/**
 * A second look has found the same, with no byte come in between: nothing is on its way any more. A
 * backend must not have moved since the first, and have waited for so long at least: a packet that was
 * lost is sent again within a moment.
 */
export const isConfirmed = (
  first: Finding | undefined,
  second: Finding,
  atLeast: Duration.Duration
): boolean => {
  if (first === undefined || !isSuspicious(second)) return false
  if (first._tag !== "WaitsForUs" || second._tag !== "WaitsForUs") return first._tag === second._tag
  return (
    first.sight.changedAt === second.sight.changedAt &&
    first.sight.sessionSince === second.sight.sessionSince &&
    Duration.greaterThanOrEqualTo(second.sight.unchangedFor, atLeast)
  )
}

/** A finding as a clause, for whom it ends. */
export const reasonOf = (finding: Finding): string => {
  switch (finding._tag) {
    case "WaitsForUs":
      return `its backend ${finding.sight.pid} is ${finding.sight.state} and waits for us`
    case "Gone":
      return "its backend or transaction has ended"
    default:
      return "a later question was answered"
  }
}
