import { Duration } from "effect"
import type { Fault } from "./Fault.ts"

/** When one fault has its turn, from the beginning of the run. */
export interface Slot {
  readonly fault: Fault
  /** Here its quiet begins; where there is none, it strikes. */
  readonly begins: Duration.Duration
  readonly strikes: Duration.Duration
  /** From here callers can meet it: the strike, or the end of the quiet. */
  readonly counts: Duration.Duration
  readonly mends: Duration.Duration
  readonly ends: Duration.Duration
}

/** For connections to be made, and code to be compiled. */
const warmUp = Duration.seconds(4)

const slotAt = (fault: Fault, begins: Duration.Duration): Slot => {
  const counts = Duration.sum(begins, fault.quiet)
  const mends = Duration.sum(counts, fault.lasts)
  return {
    fault,
    begins,
    strikes: Duration.sum(begins, Duration.times(fault.quiet, 0.5)),
    counts,
    mends,
    ends: Duration.sum(mends, fault.recovery)
  }
}

/** One fault after the other, behind a time in which nothing happens. */
export const scheduleOf = (faults: ReadonlyArray<Fault>): ReadonlyArray<Slot> => {
  let begins = warmUp
  return faults.map((fault) => {
    const slot = slotAt(fault, begins)
    begins = slot.ends
    return slot
  })
}

/** How long a schedule takes. */
export const lengthOf = (schedule: ReadonlyArray<Slot>): Duration.Duration =>
  schedule.at(-1)?.ends ?? warmUp
