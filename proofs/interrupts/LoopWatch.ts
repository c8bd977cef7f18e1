import { Effect, type Scope } from "effect"

/** The event loop was so many milliseconds late, at that moment by `performance.now`. */
export interface Lag {
  readonly at: number
  readonly millis: number
}

/** How often it is looked at, in milliseconds. */
const period = 5

/** Notes how late a timer is called, for as long as the scope: what a busy machine does to it. */
export const watchLoop: Effect.Effect<
  ReadonlyArray<Lag>,
  never,
  Scope.Scope
> = Effect.acquireRelease(
  Effect.sync(() => {
    const lags: Array<Lag> = []
    let last = performance.now()
    const timer = setInterval(() => {
      const at = performance.now()
      lags.push({ at, millis: Math.max(0, at - last - period) })
      last = at
    }, period)
    return { lags, timer }
  }),
  ({ timer }) => Effect.sync(() => clearInterval(timer))
).pipe(Effect.map(({ lags }) => lags))

/** All that the loop was late by from one moment to another, in milliseconds. */
export const lagWithin = (lags: ReadonlyArray<Lag>, from: number, to: number): number =>
  lags
    .filter(({ at, millis }) => at >= from && at - millis - period <= to)
    .reduce((sum, { millis }) => sum + millis, 0)
