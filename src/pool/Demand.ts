import type { Instant } from "../runtime/Instant.ts"
import { outdatedAt, patience } from "./Breaker.ts"
import * as GivenUp from "./GivenUp.ts"
import * as Members from "./Members.ts"
import {
  established,
  firstWaiter,
  type Limits,
  type Member,
  type State,
  total
} from "./PoolState.ts"

/**
 * After this many milliseconds of silence a dial is no hope any more, and another one is begun beside it:
 * the network may have swallowed it. A server that is back is found within this time, and one that wakes
 * up slowly is not given up.
 */
const overtakenAfter = 750

/** Waiters for whom no proof is under way. A dial does not count: a proof is sooner done. */
export const unproven = ({ counts, suspects, waiting }: State): number =>
  waiting.size - (counts.proving - suspects)

/** How many dials may be under way at once: one while nothing shows that the server is there. */
export const width = (state: State): number =>
  state.breaker._tag === "Closed" && established(state) > 0 ? state.breaker.ramp : 1

/** Whether the next dial would take the place of the last, which is given up. */
export const isReplaced = (state: State): boolean =>
  width(state) === 1 && state.counts.connecting >= 2

/** A connection is open, and not to be lent before something was done with it. */
export const isPreparing = (state: State): boolean =>
  Members.connecting(state).some(({ dial }) => dial === "preparing")

/**
 * Until when there is hope for a dial under way. A server that was heard is at work on it, and another
 * dial would only be more work; but not for much longer than a dial usually may take: then the server is
 * gone, or what was heard was something between.
 */
export const hopeEnds = ({ connectTimeout }: Limits, { dial, goodAt }: Member): Instant => {
  if (dial === "preparing") return Number.POSITIVE_INFINITY
  return goodAt + overtakenAfter + (dial === "heard" ? connectTimeout : 0)
}

/** Until when there is hope for each dial under way. */
const hopes = (state: State): ReadonlyArray<Instant> =>
  Members.connecting(state).map((member) => hopeEnds(state.limits, member))

/**
 * A dial beside the one that is under way, where that is the only hope of who waits. Where none is
 * under way, {@link opensAt} is no later.
 */
const overtakesAt = (state: State): Instant => {
  const { breaker, dialedAt, limits } = state
  const isPossible = width(state) === 1 && (total(state) < limits.max || isReplaced(state))
  if (!isPossible) return Number.POSITIVE_INFINITY
  const allowedAt = breaker._tag === "Open" ? breaker.retryAt : dialedAt
  return Math.max(dialedAt + overtakenAfter, allowedAt, ...hopes(state))
}

/**
 * How long the next dial may take. More than the usual only where another can overtake it: a pool of
 * one would wait for nothing else.
 */
export const dialTimeout = (state: State): number => {
  const { breaker, limits } = state
  const canBeOvertaken = established(state) === 0 && limits.max > 1
  return limits.connectTimeout * (canBeOvertaken ? patience(breaker) : 1)
}

/** When there is hope for fewer dials than callers wait. */
const uncoveredAt = (state: State): Instant => {
  const spare = state.counts.connecting - unproven(state)
  if (spare < 0) return Number.NEGATIVE_INFINITY
  return hopes(state).toSorted((one, other) => one - other)[spare] ?? Number.POSITIVE_INFINITY
}

const opensAt = (state: State): Instant => {
  const { breaker, counts, limits } = state
  if (counts.connecting >= width(state) || total(state) >= limits.max) {
    return Number.POSITIVE_INFINITY
  }
  return breaker._tag === "Open"
    ? Math.max(breaker.retryAt, uncoveredAt(state))
    : uncoveredAt(state)
}

/** When a connection is opened for who waits; minus infinity: now; infinity: not by itself. */
export const dialsAt = (state: State): Instant =>
  unproven(state) <= 0 ? Number.POSITIVE_INFINITY : Math.min(opensAt(state), overtakesAt(state))

/**
 * When the breaker closes without a dial, because nobody needs one: whoever comes is served by what is
 * open, and no probe would ever begin.
 */
export const lapsesAt = (state: State): Instant => {
  const { breaker, counts, waiting } = state
  const isNeeded = waiting.size > 0 || counts.connecting > 0 || established(state) === 0
  return isNeeded ? Number.POSITIVE_INFINITY : outdatedAt(breaker)
}

/** When the machine next needs a tick; infinity when only an event can change anything. */
export const due = (state: State): Instant => {
  const waiter = firstWaiter(state)
  const anyway = Math.min(state.reapAt, GivenUp.dueAt(state.givenUp), lapsesAt(state))
  return waiter === undefined ? anyway : Math.min(anyway, waiter.deadline, dialsAt(state))
}
