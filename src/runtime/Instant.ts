import { type Clock, Effect } from "effect"

/** Milliseconds on a clock that nobody sets and that never goes back; only differences mean anything. */
export type Instant = number

/** Now, on that clock. */
export const instantOf = (clock: Clock.Clock): Instant =>
  Number(clock.unsafeCurrentTimeNanos()) / 1e6

/** Now, on the clock of the fiber. */
export const instant: Effect.Effect<Instant> = Effect.map(Effect.clock, instantOf)
