import { Duration } from "effect"

/** Spacing of dials: the delay doubles with each failure, from `base` up to `cap`. */
export interface Backoff {
  readonly base: Duration.Duration
  readonly cap: Duration.Duration
}

/**
 * The delay in milliseconds after the given number of failures in a row (1 or more). Up to a
 * quarter is taken off at random, so that many processes do not dial in step and none waits longer
 * than `cap`. `random` lies in [0, 1).
 */
export const delayAfter = (backoff: Backoff, failures: number, random: number): number => {
  // 2 ** 40 times any base is past every cap: the bound keeps the power finite.
  const doubled = Duration.toMillis(backoff.base) * 2 ** Math.min(failures - 1, 40)
  return Math.min(doubled, Duration.toMillis(backoff.cap)) * (1 - 0.25 * random)
}

/**
 * How many more dials begin within so many milliseconds after this many failures, at the least.
 * Infinity where the time is, or where there is no delay.
 */
export const dialsWithin = (backoff: Backoff, failures: number, millis: number): number => {
  const cap = Duration.toMillis(backoff.cap)
  let dials = 0
  let left = millis
  let delay = delayAfter(backoff, failures, 0)
  if (delay === 0 || left === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
  while (delay < cap && delay <= left) {
    dials += 1
    left -= delay
    delay = delayAfter(backoff, failures + dials, 0)
  }
  return dials + Math.max(0, Math.floor(left / delay))
}
