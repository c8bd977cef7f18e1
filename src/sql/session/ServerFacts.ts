import type { Incarnation } from "./Incarnation.ts"
import { type Server, walTimeline } from "./Introduction.ts"

/** What a server says of itself, in one statement. */
export interface ServerFacts extends Server {
  readonly isStandby: boolean
  readonly incarnation: Incarnation
  /** Of the log that is being written; on a standby that of the last checkpoint. */
  readonly walTimeline: string
  /** When the last checkpoint began, in whole seconds. */
  readonly checkpointAt: number
  /** The first id that was not assigned then. */
  readonly nextXid: bigint
}

/** Answered with the row that {@link serverFacts} reads. */
export const factsStatement = `SELECT s.system_identifier::text, c.timeline_id::text,
  pg_is_in_recovery()::text,
  extract(epoch from pg_postmaster_start_time())::text,
  extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text,
  ${walTimeline},
  extract(epoch from c.checkpoint_time)::text, c.next_xid::text
  FROM pg_control_system() AS s, pg_control_checkpoint() AS c`

/** "epoch:xid", as the control file has it, in one number. */
const fullXid = (text: string): bigint => {
  const [epoch = "0", xid = "0"] = text.split(":")
  return (BigInt(epoch) << 32n) + BigInt(xid)
}

export const serverFacts = (row: ReadonlyArray<unknown>): ServerFacts => {
  const [systemIdentifier = "", timeline = "", isStandby, startedAt = "", statisticsSince = ""] =
    row.map(String)
  const [timelineOfLog = "", checkpointAt, nextXid = ""] = row.slice(5).map(String)
  return {
    systemIdentifier,
    timeline,
    isStandby: isStandby === "true",
    incarnation: { startedAt, statisticsSince },
    walTimeline: timelineOfLog,
    checkpointAt: Number(checkpointAt),
    nextXid: fullXid(nextXid)
  }
}
