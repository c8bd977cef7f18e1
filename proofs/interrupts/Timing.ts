import { type Lag, lagWithin } from "./LoopWatch.ts"
import type { Strike } from "./Strike.ts"

/** An interrupt returns within so many milliseconds, whatever the network does. */
export const promise = 100

/** The smallest value that so large a share of the values does not exceed; 0 of no values. */
export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/** How interrupts went that were in time. */
export interface Timing {
  readonly count: number
  /** Whose session was kept, dropped, or had not been come to. */
  readonly kept: number
  readonly dropped: number
  readonly none: number
  readonly median: number
  readonly p99: number
  readonly max: number
  readonly late: number
}

export const timingOf = (strikes: ReadonlyArray<Strike>): Timing => {
  const times = strikes.map(({ took }) => took)
  const count = (isKept: boolean | undefined) =>
    strikes.filter((strike) => strike.isKept === isKept).length
  return {
    count: strikes.length,
    kept: count(true),
    dropped: count(false),
    none: count(undefined),
    median: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    max: quantile(times, 1),
    late: times.filter((took) => took > promise).length
  }
}

/** Late even if all that the event loop was late meanwhile is not counted. */
export const isLateByItself = ({ at, took }: Strike, lags: ReadonlyArray<Lag>): boolean =>
  took > promise && took - lagWithin(lags, at, at + took) > promise
