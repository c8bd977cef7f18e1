import { type Duration, Effect } from "effect"
import { Housekeeping } from "./Housekeeping.ts"
import { untilAnswered } from "./IdempotentStatement.ts"

/** How statements are run that somebody's request has caused. */
export type Answered = ReturnType<typeof untilAnswered>

/** As `untilAnswered`; each answer is an occasion for housekeeping. */
export const makeAnswered = (deadline: Duration.DurationInput): Effect.Effect<Answered> =>
  Effect.map(Housekeeping, ({ afterAnswer }) => {
    const run = untilAnswered(deadline)
    return (statement) => Effect.zipLeft(run(statement), afterAnswer)
  })
