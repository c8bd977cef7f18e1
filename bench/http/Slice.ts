import { quantile } from "../../proofs/interrupts/Timing.ts"

/** Does one thing, and is done with it. */
export type Caller = () => Promise<unknown>

/** How much was done in a slice of time, and how many milliseconds each took. */
export interface Slice {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
}

const callAgain = async (caller: Caller, until: number, times: Array<number>) => {
  for (let begun = performance.now(); begun < until; ) {
    await caller()
    const ended = performance.now()
    times.push(ended - begun)
    begun = ended
  }
}

/**
 * Has all callers do their thing again and again, each as soon as it is done, for so many milliseconds.
 * What has begun by then is waited for, and counts.
 */
export const sliceOf = async (callers: ReadonlyArray<Caller>, millis: number): Promise<Slice> => {
  const times: Array<number> = []
  const begun = performance.now()
  await Promise.all(callers.map((caller) => callAgain(caller, begun + millis, times)))
  const seconds = (performance.now() - begun) / 1000
  return {
    perSecond: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99)
  }
}
