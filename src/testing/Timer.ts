import { Effect, type Scope } from "effect"
import { makeFork } from "../runtime/Fork.ts"
import { type Instant, instantOf } from "../runtime/Instant.ts"

/** Time for plain callbacks, as an Effect clock sees it. */
export interface Timer {
  readonly now: () => Instant
  /** Calls `then` once, `millis` from now. Returns how to call it off. */
  readonly after: (millis: number, then: () => void) => () => void
}

/** A timer on the present clock. What it still has to call is called off with the scope. */
export const makeTimer: Effect.Effect<Timer, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const fork = yield* makeFork
  return {
    now: () => instantOf(clock),
    after: (millis, then) => {
      // Rounded up: a timer that fires a fraction early would find nothing due.
      const fiber = fork(Effect.andThen(Effect.sleep(Math.ceil(millis)), Effect.sync(then)))
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
  }
})
