import type { CancelKey } from "./CancelRequest.ts"
import type { Answer, Query } from "./Exchange.ts"
import { idColumns } from "./TransactionId.ts"

/** Which server a session reached, as far as a later one must be compared with it. */
export interface Server {
  readonly systemIdentifier: string
  readonly timeline: string
}

/** What a session tells of itself when it is new. */
export interface Introduction {
  /** The pid that cancels by the protocol name is another than the server's: something is between. */
  readonly isProxied: boolean
  /** Absent where the server can't tell transactions apart well enough to ask for one later. */
  readonly server: Server | undefined
}

/**
 * The timeline of the log that is being written, by the name of its file. The control file's is that
 * of the last checkpoint, which a standby that took over just now has yet to make.
 */
export const walTimeline = `CASE WHEN pg_is_in_recovery() THEN c.timeline_id
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END::text`

/**
 * Proves a new session and asks it for all that is wanted later, in one round trip. PostgreSQL 13 and
 * later answer it to any role; whoever does not is asked {@link proof}.
 */
export const introduction: Query = {
  text: `SELECT pg_backend_pid()::text,
  (SELECT system_identifier::text FROM pg_control_system()),
  (SELECT ${walTimeline} FROM pg_control_checkpoint() AS c),
  ${idColumns}`,
  rowMode: "array",
  isUnprepared: true
}

/** What every server answers. */
export const proof = "SELECT 1"

/** Of a session that could not introduce itself nothing is taken for granted. */
export const stranger: Introduction = { isProxied: true, server: undefined }

/** Reads the answer to {@link introduction}. */
export const introduced = (answer: Answer, key: CancelKey | undefined): Introduction => {
  const [pid, systemIdentifier, timeline]: ReadonlyArray<unknown> =
    "rows" in answer ? answer.rows[0] : []
  return {
    isProxied: pid !== String(key?.processID),
    server:
      typeof systemIdentifier === "string" && typeof timeline === "string"
        ? { systemIdentifier, timeline }
        : undefined
  }
}
