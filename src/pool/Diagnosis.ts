import type { Instant } from "../runtime/Instant.ts"
import * as Breaker from "./Breaker.ts"
import { isPreparing } from "./Demand.ts"
import { type State, total } from "./PoolState.ts"

/** The counters as they stand in messages. */
export const describe = (state: State, at: Instant): string => {
  const { breaker, counts, limits, waiting } = state
  return [
    `total ${total(state)} of ${limits.max}`,
    `idle ${counts.idle}`,
    `active ${counts.active + counts.proving}`,
    `connecting ${counts.connecting}`,
    `waiting ${waiting.size}`,
    Breaker.describe(breaker, at)
  ].join(", ")
}

/** What to do, by what stands in the way. */
export const advice = (state: State): string => {
  const { breaker, counts, lastError, limits } = state
  if (isPreparing(state)) {
    return "the first connection is open and being initialized, and none is lent before that is done: wait for it"
  }
  const outage = Breaker.outageOf(breaker)
  if (outage !== undefined) {
    return `last failure: ${outage.lastFailure}; check that the database runs and can be reached`
  }
  const isBusy = counts.active + counts.proving >= limits.max
  if (isBusy) return "hold connections for a shorter time, or raise max"
  const last = lastError === undefined ? "" : `last failure: ${lastError}; `
  return `${last}the database is slow to open connections: raise acquireTimeout or min`
}
