import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
import { acquireTimeout } from "../sql/acquireTimeout.ts"
import { statementTimeout } from "../sql/session/statementTimeout.ts"
import { replay, replayBounded } from "../sql/statement/replay.ts"
import type { DatabaseUnavailable } from "./AuthError.ts"
import { fromSqlError } from "./DatabaseFault.ts"
import { metItself } from "./UniqueKeys.ts"

/**
 * A statement of auth/ takes milliseconds. One without an answer for so long is more likely on a
 * connection that the network has forgotten, where no answer will ever come, than still at work.
 */
const patience = Duration.seconds(5)

/** Who asks for less than this means it. */
const worthKeeping = Duration.seconds(10)

/** What a retry needs is made for a failure: it costs more than the statement. */
const againWhere =
  <E>(isWorthIt: (error: E) => boolean) =>
  <A>(statement: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.catchIf(statement, isWorthIt, () =>
      Effect.retry(statement, { while: isWorthIt, times: 2 })
    )

/** Runs a statement that may be run any number of times, for as long as it is told. */
export type UntilAnswered = (
  deadline: Duration.DurationInput
) => <A>(statement: Effect.Effect<A, SqlError>) => Effect.Effect<A, DatabaseUnavailable>

/**
 * Runs a statement that may be run any number of times until its answer arrives, or fails with
 * `DatabaseUnavailable` at the deadline.
 */
export const makeUntilAnswered: Effect.Effect<UntilAnswered> = Effect.map(
  acquireTimeout,
  (longestWait) => (deadline) => {
    const options = { idempotent: true, deadline }
    // A deadline costs about as much as a statement. Spared it, the first run may outlast one of 10 s or
    // more, but only by the time it has for its answer.
    const isKept = Duration.lessThan(deadline, Duration.max(longestWait, worthKeeping))
    const replayed = isKept ? replay : replayBounded
    return (statement) =>
      statement.pipe(
        statementTimeout(patience),
        // Three leave room for three earlier runs that are still under way.
        againWhere(metItself),
        replayed(options),
        Effect.catchTag("SqlError", fromSqlError)
      )
  }
)
