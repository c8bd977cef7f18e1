import type { SqlError } from "@effect/sql/SqlError"
import { type Duration, Effect } from "effect"
import type { DatabaseUnavailable } from "./AuthError.ts"
import { timeLeft } from "./CallDeadline.ts"
import { Housekeeping } from "./Housekeeping.ts"
import { untilAnswered } from "./IdempotentStatement.ts"

/** How statements are run that somebody's request has caused. */
export type Answered = <A>(
  statement: Effect.Effect<A, SqlError>
) => Effect.Effect<A, DatabaseUnavailable>

/**
 * As `untilAnswered`, for as long as is left to the call under way, or for the deadline outside of
 * one; each answer is an occasion for housekeeping.
 */
export const makeAnswered = (deadline: Duration.DurationInput): Effect.Effect<Answered> =>
  Effect.map(Housekeeping, ({ afterAnswer }) => {
    const alone = untilAnswered(deadline)
    return (statement) =>
      timeLeft.pipe(
        Effect.flatMap((left) => (left === undefined ? alone : untilAnswered(left))(statement)),
        Effect.zipLeft(afterAnswer)
      )
  })
