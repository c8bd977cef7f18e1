import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
import { replay } from "../sql/replay.ts"
import { statementTimeout } from "../sql/statementTimeout.ts"
import type { DatabaseUnavailable } from "./AuthError.ts"
import { fromSqlError } from "./DatabaseFault.ts"
import { metItself } from "./UniqueKeys.ts"

/**
 * A statement of auth/ takes milliseconds. One without an answer for so long is more likely on a
 * connection that the network has forgotten, where no answer will ever come, than still at work.
 */
const patience = Duration.seconds(5)

/**
 * Runs a statement that may be run any number of times until its answer arrives, or fails with
 * `DatabaseUnavailable` at the deadline.
 */
export const untilAnswered =
  (deadline: Duration.DurationInput) =>
  <A>(statement: Effect.Effect<A, SqlError>): Effect.Effect<A, DatabaseUnavailable> =>
    statement.pipe(
      statementTimeout(patience),
      // Three leave room for three earlier runs that are still under way.
      Effect.retry({ while: metItself, times: 3 }),
      replay({ idempotent: true, deadline }),
      Effect.catchTag("SqlError", fromSqlError)
    )
