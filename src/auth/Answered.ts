import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
import { DatabaseUnavailable } from "./AuthError.ts"
import { charged } from "./CallDeadline.ts"
import { Housekeeping } from "./Housekeeping.ts"
import { makeUntilAnswered } from "./IdempotentStatement.ts"

/** How statements are run that somebody's request has caused. */
export type Answered = <A>(
  statement: Effect.Effect<A, SqlError>
) => Effect.Effect<A, DatabaseUnavailable>

/** Nothing is sent any more: it could take effect, and nobody would wait for its answer. */
const tooLate = new DatabaseUnavailable({ retryAfterSeconds: 1 })

/**
 * As `UntilAnswered`, for as long as is left to the call under way, or for the deadline outside of
 * one; each answer is an occasion for housekeeping.
 */
export const makeAnswered = (deadline: Duration.DurationInput): Effect.Effect<Answered> =>
  Effect.zipWith(makeUntilAnswered, Housekeeping, (untilAnswered, { afterAnswer }) => {
    const alone = untilAnswered(deadline)
    return (statement) =>
      charged((left) => {
        if (left === undefined) return alone(statement)
        return Duration.isZero(left) ? tooLate : untilAnswered(left)(statement)
      }).pipe(Effect.zipLeft(afterAnswer))
  })
