import { Effect, Option } from "effect"
import { type Outcome, PgError } from "holdfast"

const words: Readonly<Record<Outcome, string>> = {
  NotSent: "Nothing happened. You can try again.",
  RolledBack: "Nothing happened. You can try again.",
  Committed: "It is done, although its answer could not be read.",
  Unknown: "It may be done. Look before you try again."
}

/** Turns a failure of the database into a sentence that claims no more than is known. */
export const told = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<string, E, R> =>
  Effect.matchEffect(effect, {
    onSuccess: () => Effect.succeed("It is done."),
    onFailure: (error) =>
      Option.match(PgError.of(error), {
        onNone: () => Effect.fail(error),
        onSome: ({ outcome }) => Effect.succeed(words[outcome])
      })
  })
