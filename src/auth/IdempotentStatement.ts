import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
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

/** A run waits for a connection, 10 s unless it is set, and then for the answer. */
const longestRun = Duration.sum(Duration.seconds(10), patience)

/** What a retry needs is made for a failure: it costs more than the statement. */
const againWhere =
  <E>(isWorthIt: (error: E) => boolean) =>
  <A>(statement: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.catchIf(statement, isWorthIt, () =>
      Effect.retry(statement, { while: isWorthIt, times: 2 })
    )

const answeredBy =
  (replayed: typeof replayBounded, deadline: Duration.DurationInput) =>
  <A>(statement: Effect.Effect<A, SqlError>): Effect.Effect<A, DatabaseUnavailable> =>
    statement.pipe(
      statementTimeout(patience),
      // Three leave room for three earlier runs that are still under way.
      againWhere(metItself),
      replayed({ idempotent: true, deadline }),
      Effect.catchTag("SqlError", fromSqlError)
    )

/**
 * Runs a statement that may be run any number of times until its answer arrives, or fails with
 * `DatabaseUnavailable` at the deadline; the first run may go on for as long as one may take.
 */
export const untilAnswered = (deadline: Duration.DurationInput) =>
  answeredBy(replayBounded, deadline)

/** As {@link untilAnswered}, and the first run, too, ends at the deadline. */
export const answeredWithin = (left: Duration.Duration) =>
  // A race with the deadline costs more than a statement: a first run that ends before it is spared.
  answeredBy(Duration.lessThan(left, longestRun) ? replay : replayBounded, left)
