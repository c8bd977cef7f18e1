import type { Answer } from "./Answer.ts"
import type { Backend } from "./Backend.ts"
import type { CancelKey } from "./CancelRequest.ts"
import type { PoolMode } from "./PoolMode.ts"
import type { Query } from "./Query.ts"
import { idColumns } from "./TransactionId.ts"
import { watchesItsClient } from "./WatchfulBackend.ts"

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
  /** The one that serves this session and no other; absent where that is not known. */
  readonly backend: Backend | undefined
}

/**
 * The timeline of the log that is being written, by the name of its file. The control file's is that
 * of the last checkpoint, which a standby that took over just now has yet to make.
 */
export const walTimeline = `CASE WHEN pg_is_in_recovery() THEN c.timeline_id
    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END::text`

const columns = `pg_backend_pid()::text,
  (SELECT system_identifier::text FROM pg_control_system()),
  (SELECT ${walTimeline} FROM pg_control_checkpoint() AS c),
  ${idColumns}`

/**
 * Proves a new session and asks it for all that is wanted later, in one round trip. PostgreSQL 13 and
 * later answer it to any role.
 */
export const introduction: Query = {
  text: `SELECT ${columns},
  pg_is_in_recovery()::text,
  (SELECT extract(epoch from backend_start)::text FROM pg_stat_get_activity(pg_backend_pid()))`,
  rowMode: "array",
  isUnprepared: true
}

/**
 * {@link introduction} of a session that is ours for good: where the server itself is at the other end,
 * it is also told to notice by itself when we are gone.
 */
export const attentiveIntroduction = (key: CancelKey | undefined): Query => ({
  ...introduction,
  text: `${introduction.text}, CASE WHEN pg_backend_pid() = $1::int THEN ${watchesItsClient} END`,
  values: [key?.processID]
})

/** What a server answers that keeps its activity, or the setting of parameters, to itself. */
export const shortIntroduction: Query = { ...introduction, text: `SELECT ${columns}` }

/** What every server answers. */
export const proof = "SELECT 1"

/** Of a session that could not introduce itself nothing is taken for granted. */
export const stranger: Introduction = { isProxied: true, server: undefined, backend: undefined }

type Row = ReadonlyArray<unknown>

const isText = (value: unknown): value is string => typeof value === "string"

const backendOf = (row: Row): Backend | undefined => {
  const [pid, systemIdentifier, , , startedAt, statisticsSince, , isStandby, since] = row
  return isText(pid) && isText(since) && isText(startedAt) && isText(statisticsSince)
    ? {
        pid,
        of: "session",
        since,
        incarnation: { startedAt, statisticsSince },
        primaryOf: isText(systemIdentifier) && isStandby === "false" ? systemIdentifier : undefined
      }
    : undefined
}

/** Reads the answer to an introduction. */
export const introduced = (
  answer: Answer,
  key: CancelKey | undefined,
  poolMode: PoolMode
): Introduction => {
  const row: Row = "rows" in answer ? (answer.rows[0] ?? []) : []
  const [pid, systemIdentifier, timeline] = row
  const isProxied = pid !== String(key?.processID)
  return {
    isProxied,
    server:
      isText(systemIdentifier) && isText(timeline) ? { systemIdentifier, timeline } : undefined,
    backend: isProxied && poolMode === "transaction" ? undefined : backendOf(row)
  }
}
