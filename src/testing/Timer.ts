import { Effect, FiberSet, type Scope } from "effect"

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
  const fork = yield* FiberSet.makeRuntime<never>()
  return {
    now: () => clock.unsafeCurrentTimeMillis(),
    after: (millis, then) => {
      const call = Effect.andThen(Effect.sleep(millis), Effect.sync(then))
      // The runtime keeps the mode of the fiber that built it, which may be uninterruptible.
      const fiber = fork(Effect.interruptible(call))
      return () => fiber.unsafeInterruptAsFork(fiber.id())
    }
  }
})
