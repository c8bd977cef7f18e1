import { Duration, Effect } from "effect"
import { stopwatch } from "../runtime/Stopwatch.ts"

/**
 * Work that differs by less than this ends at the same time nearly always. What writes a letter takes
 * some 0.3 ms longer than what writes none, on loopback: that is told in one answer of 160.
 */
const STEP_NANOS = 50_000_000n

/**
 * Begins a time whose end does not tell what was done in it: run the effect that it gives before the
 * answer, and 50 ms, 100 ms or another multiple will have passed since it began.
 */
export const evenTime: Effect.Effect<Effect.Effect<void>> = Effect.map(stopwatch, (elapsed) =>
  Effect.flatMap(elapsed, (nanos) =>
    Effect.sleep(Duration.nanos(STEP_NANOS - (nanos % STEP_NANOS)))
  )
)
