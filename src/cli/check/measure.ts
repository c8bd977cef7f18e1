import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Duration, Effect, Fiber, Option } from "effect"
import type { Answered } from "./judgePath.ts"

/** Runs one statement as it is, in a round trip of its own. */
const ask = (connection: SqlConnection, text: string) =>
  connection.executeUnprepared(text, [], undefined)

/** What an effect answers, and how long that took. */
export const timed = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<readonly [Duration.Duration, A], E, R> =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeNanos
    const answer = yield* effect
    return [Duration.nanos((yield* Clock.currentTimeNanos) - begun), answer]
  })

const rounds = 10

/** Ten round trips, one after the other. */
export const roundTrips = (
  connection: SqlConnection
): Effect.Effect<ReadonlyArray<Duration.Duration>, SqlError> =>
  Effect.all(
    Array.from({ length: rounds }, () =>
      Effect.map(timed(ask(connection, "SELECT 1")), ([took]) => took)
    )
  )

const pidOn = (connection: SqlConnection, session: Answered["session"]) =>
  Effect.map(
    connection.executeValues("SELECT pg_backend_pid()::text", []),
    ([row]): Answered => ({ session, pid: String(row?.[0]) })
  )

/** Who answered on two sessions. */
export interface Answers {
  readonly answered: ReadonlyArray<Answered>
  /** The first session got no backend for as long as the second one held its own. */
  readonly hasWaited: boolean
}

/**
 * Which backend answers on two open sessions, while the second one holds its own in a transaction: a
 * pooler in transaction mode has to show itself. One that has no other backend keeps the first
 * session waiting, which is given `within`, and its answer once the second one has let go.
 */
export const answersOf = (
  first: SqlConnection,
  second: SqlConnection,
  within: Duration.Duration
): Effect.Effect<Answers, SqlError> =>
  Effect.gen(function* () {
    const alone = yield* pidOn(first, "first")
    yield* ask(second, "BEGIN")
    const held = yield* pidOn(second, "second")
    // Not interrupted when its time is over: a pooler knows no cancelling of one who waits.
    const asking = yield* Effect.fork(pidOn(first, "first"))
    const inTime = yield* Effect.timeoutOption(Fiber.join(asking), within)
    yield* ask(second, "ROLLBACK")
    const beside = yield* Fiber.join(asking)
    return { answered: [alone, held, beside], hasWaited: Option.isNone(inTime) }
  })
