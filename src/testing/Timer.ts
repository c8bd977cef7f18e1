import { Effect, type Scope } from "effect"
import { makeFork } from "../runtime/Fork.ts"

/** Time for plain callbacks, as an Effect clock sees it. */
export interface Timer {
  /** Milliseconds, as `Clock.currentTimeMillis`. */
  readonly now: () => number
  /** Calls `then` once, `millis` from now. Returns how to call it off. */
  readonly after: (millis: number, then: () => void) => () => void
}

/** A timer on the present clock. What it still has to call is called off with the scope. */
export const makeTimer: Effect.Effect<Timer, never, Scope.Scope> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const fork = yield* makeFork
  return {
    now: () => clock.unsafeCurrentTimeMillis(),
    after: (millis, then) => {
      const fiber = fork(Effect.andThen(Effect.sleep(millis), Effect.sync(then)))
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
  }
})
