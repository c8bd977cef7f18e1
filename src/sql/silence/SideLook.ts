import { Duration, Effect } from "effect"
import type { PgError } from "../failure/PgError.ts"
import type { Home } from "../session/Backend.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import { outside } from "../session/Wire.ts"

/** What the server says of one backend, at one moment; what it may not tell this role is null. */
export interface Sight {
  readonly pid: string
  readonly sessionSince: string | null
  readonly transactionSince: string | null
  /** As `pg_stat_activity` has it: "active", "idle in transaction". */
  readonly state: string | null
  /** What it waits for: "ClientRead", "SyncRep". Null while it works. */
  readonly waitEvent: string | null
  /** When the state was last another. */
  readonly changedAt: string | null
  /** How long ago that is, by the server's clock. */
  readonly unchangedFor: Duration.Duration
}

/** What was seen on a server at one moment: one that is not in it is not there. */
export interface Look {
  readonly home: Home
  readonly sights: ReadonlyArray<Sight>
}

/**
 * Any role may ask, and is told the particulars of its own sessions. By the function below
 * `pg_stat_activity`, which looks at the backends that are asked for and at no others.
 */
const lookStatement = `SELECT extract(epoch from pg_postmaster_start_time())::text,
  extract(epoch from pg_stat_get_bgwriter_stat_reset_time())::text,
  CASE WHEN NOT pg_is_in_recovery() THEN
    (SELECT system_identifier::text FROM pg_control_system()) END,
  a.pid::text, extract(epoch from a.backend_start)::text, extract(epoch from a.xact_start)::text,
  a.state, a.wait_event, extract(epoch from a.state_change)::text,
  extract(epoch from clock_timestamp() - a.state_change)::text
  FROM (SELECT $1::int[] AS pids) AS asked
  LEFT JOIN LATERAL unnest(asked.pids) AS p(pid) ON true
  LEFT JOIN LATERAL pg_stat_get_activity(p.pid) AS a ON p.pid IS NOT NULL`

type Row = ReadonlyArray<string | null>

const rowsOf = (connection: PgConnection, text: string, values: ReadonlyArray<unknown>) =>
  Effect.map(
    connection.query({ text, values, rowMode: "array", isUnprepared: true }, outside),
    (answer): ReadonlyArray<Row> => ("rows" in answer ? answer.rows.map((row) => [...row]) : [])
  )

const sightOf = (row: Row): ReadonlyArray<Sight> => {
  const [pid, sessionSince, transactionSince, state, waitEvent, changedAt, seconds] = row.slice(3)
  return pid == null
    ? []
    : [
        {
          pid,
          sessionSince: sessionSince ?? null,
          transactionSince: transactionSince ?? null,
          state: state ?? null,
          waitEvent: waitEvent ?? null,
          changedAt: changedAt ?? null,
          unchangedFor: Duration.seconds(Number(seconds ?? 0))
        }
      ]
}

/** Looks at the backends with these pids, in one round trip. It changes nothing. */
export const lookAt =
  (pids: ReadonlyArray<string>) =>
  (connection: PgConnection): Effect.Effect<Look, PgError> =>
    Effect.map(rowsOf(connection, lookStatement, [pids]), (rows) => {
      const [startedAt, statisticsSince, primaryOf] = rows[0] ?? []
      return {
        home: {
          incarnation: { startedAt: startedAt ?? "", statisticsSince: statisticsSince ?? "" },
          primaryOf: primaryOf ?? undefined
        },
        sights: rows.flatMap(sightOf)
      }
    })

/**
 * Ends a backend that is still as it was seen, and tells whether there was one: the same session, which
 * has done nothing since and waits for its client. One that waits for a standby, has gone on, or is
 * another's is left alone.
 */
export const endSeen =
  ({ changedAt, pid, sessionSince }: Sight) =>
  (connection: PgConnection): Effect.Effect<boolean, PgError> =>
    Effect.map(
      rowsOf(
        connection,
        `SELECT pg_terminate_backend(a.pid) FROM pg_stat_get_activity($1::int) AS a
         WHERE extract(epoch from a.backend_start)::text = $2
           AND extract(epoch from a.state_change)::text = $3 AND a.wait_event_type = 'Client'`,
        [pid, sessionSince, changedAt]
      ),
      (rows) => rows.length > 0
    )
