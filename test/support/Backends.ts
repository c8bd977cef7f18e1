import type { SqlError } from "@effect/sql/SqlError"
import { type Cause, Effect, Schedule } from "effect"
import { Direct } from "./Direct.ts"
import { PgBouncer } from "./PgBouncer.ts"

/** Asks again until the answer is this number, at most 5 seconds. */
export const eventually = <E, R>(
  count: number,
  question: Effect.Effect<number, E, R>
): Effect.Effect<number, E | Cause.TimeoutException, R> =>
  question.pipe(
    Effect.repeat({ until: (answer) => answer === count, schedule: Schedule.spaced("10 millis") }),
    Effect.timeout("5 seconds")
  )

/** How many statements that contain a text the server is running. */
export const running = (text: string): Effect.Effect<number, SqlError, Direct> =>
  Effect.flatMap(Direct, (sql) =>
    Effect.map(
      sql`SELECT FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()
        AND datname = current_database() AND query LIKE ${`%${text}%`}`,
      (rows) => rows.length
    )
  )

/** Ends every session with the database but our own, and tells their pids. */
export const killBackends: Effect.Effect<ReadonlyArray<number>, SqlError, Direct> = Effect.flatMap(
  Direct,
  (sql) =>
    Effect.map(
      sql<{ readonly pid: number }>`SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      (rows) => rows.map(({ pid }) => pid)
    )
)

/** The same, and waits until the pooler has noticed, and so has told its clients. */
export const killNoticed: Effect.Effect<
  ReadonlyArray<number>,
  SqlError | Cause.TimeoutException,
  Direct | PgBouncer
> = Effect.gen(function* () {
  const pids = yield* killBackends
  const { admin } = yield* PgBouncer
  const remaining = Effect.map(
    admin("SHOW SERVERS"),
    (servers) => servers.filter((server) => pids.some((pid) => pid === server.remote_pid)).length
  )
  yield* eventually(0, remaining)
  return pids
})
