import { Duration } from "effect"
import { quantile } from "../interrupts/Timing.ts"
import { counted, deadline, type Ending } from "./Offer.ts"

/** What was offered, as a multiple of the capacity, and what became of it. */
export interface Load {
  readonly multiple: number
  readonly perSecond: number
  /** Statements answered per second. */
  readonly goodput: number
  /** Milliseconds from when a caller came to the answer. */
  readonly median: number
  readonly p99: number
  readonly refusedPerSecond: number
  /** Milliseconds from when a caller came to its refusal: half of them, and nearly all. */
  readonly refusalMedian: number
  readonly refusalP99: number
}

/** Sums up what was seen in so many runs at that load. */
export const loadOf = (options: {
  readonly multiple: number
  readonly perSecond: number
  readonly runs: number
  readonly endings: ReadonlyArray<Ending>
}): Load => {
  const { endings, multiple, perSecond, runs } = options
  const took = (wasServed: boolean) =>
    endings
      .filter((ending) => ending.wasServed === wasServed)
      .map(({ dueAt, endedAt }) => endedAt - dueAt)
  const [served, refused] = [took(true), took(false)]
  const seconds = (runs * counted) / 1000
  return {
    multiple,
    perSecond,
    goodput: served.length / seconds,
    median: quantile(served, 0.5),
    p99: quantile(served, 0.99),
    refusedPerSecond: refused.length / seconds,
    refusalMedian: quantile(refused, 0.5),
    refusalP99: quantile(refused, 0.99)
  }
}

/** The most that was answered at any load. */
export const peakOf = (loads: ReadonlyArray<Load>): number =>
  Math.max(...loads.map(({ goodput }) => goodput))

/** The least share of the peak that must be left, at any load. */
export const leastShare = 0.9

/** What is not as promised at twice the capacity, in a clause each. */
export const brokenPromises = (loads: ReadonlyArray<Load>): ReadonlyArray<string> => {
  const twice = loads.find(({ multiple }) => multiple === 2)
  if (twice === undefined) return ["twice the capacity was not offered"]
  const share = twice.goodput / peakOf(loads)
  return [
    ...(share < leastShare
      ? [`the goodput falls to ${Math.round(share * 100)} % of its peak`]
      : []),
    ...(twice.p99 > Duration.toMillis(deadline)
      ? [`the p99 of what is served is ${Math.round(twice.p99)} ms, past the deadline`]
      : [])
  ]
}
