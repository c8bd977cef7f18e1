import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
import { PgError } from "../sql/PgError.ts"
import { replay } from "../sql/replay.ts"
import { statementTimeout } from "../sql/statementTimeout.ts"
import type { DatabaseUnavailable } from "./AuthError.ts"
import { fromSqlError } from "./DatabaseFault.ts"

/** The unique keys whose values are random, so that only a statement's own row can hold them. */
const ownKeys: ReadonlySet<string | undefined> = new Set([
  "users_pkey",
  "sessions_pkey",
  "sessions_token_digest_key"
])

/**
 * An earlier run of the same statement, whose answer was lost, is still under way and came first:
 * ON CONFLICT looks at one key, and the other run's row turned up in another. It is committed by the
 * time of this error, so the next run finds it; three leave room for three such runs.
 */
const metItself = (error: SqlError): boolean =>
  error instanceof PgError &&
  error.reason._tag === "UniqueViolation" &&
  ownKeys.has(error.reason.constraint)

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
      Effect.retry({ while: metItself, times: 3 }),
      replay({ idempotent: true, deadline }),
      Effect.catchTag("SqlError", fromSqlError)
    )
