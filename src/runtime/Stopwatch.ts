import { Clock, Effect } from "effect"

/** Begins to measure: the effect that it gives tells how many nanoseconds have passed since. */
export const stopwatch: Effect.Effect<Effect.Effect<bigint>> = Effect.map(
  Clock.currentTimeNanos,
  (begun) => Effect.map(Clock.currentTimeNanos, (now) => now - begun)
)
