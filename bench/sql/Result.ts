import type { Sample, Samples } from "../PairedRounds.ts"
import { median, ratios, type Spread, spread } from "../Statistics.ts"
import type { Workload } from "./Workload.ts"

/** How all did at one workload. */
export interface Result {
  readonly workload: Workload
  readonly samples: Samples
}

/** The middle of what one did at a workload. */
export interface Standing {
  readonly operationsPerSecond: number
  /** Microseconds from one end of an operation to the next. */
  readonly time: number
  /** Microseconds of processor time for one operation. */
  readonly processorTime: number
}

const values = ({ samples }: Result, name: string, of: (sample: Sample) => number) =>
  (samples.get(name) ?? []).map(of)

const rate = ({ operationsPerSecond }: Sample) => operationsPerSecond

/** How one did; fails for those who were not there. */
export const standing = (result: Result, name: string): Standing => {
  const operationsPerSecond = median(values(result, name, rate))
  return {
    operationsPerSecond,
    time: 1e6 / operationsPerSecond,
    processorTime: median(values(result, name, ({ processorTime }) => processorTime))
  }
}

/** How many times as many operations one did as the other, round by round. */
export const advantage = (result: Result, one: string, other: string): Spread =>
  spread(ratios(values(result, one, rate), values(result, other, rate)))

/** How many times as long one took at the first workload as at the second, round by round. */
export const slowdown = (many: Result, few: Result, name: string): Spread =>
  spread(ratios(values(few, name, rate), values(many, name, rate)))
