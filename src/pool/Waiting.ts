import { Duration } from "effect"
import type { Instant } from "../runtime/Instant.ts"
import { advice, describe } from "./Diagnosis.ts"
import * as GivenUp from "./GivenUp.ts"
import { estimate } from "./Pace.ts"
import { type Commands, report } from "./PoolCommand.ts"
import { type AcquireError, AcquireTimeout, PoolClosed, QueueFull } from "./PoolError.ts"
import { established, firstWaiter, type State, withWaiting } from "./PoolState.ts"
import { serve, serveAtOnce } from "./Serving.ts"
import * as WaitQueue from "./WaitQueue.ts"

/** The answer of a pool that is shutting down. */
export const closed = new PoolClosed({
  message: "The connection pool is closed: the program that owns it is shutting down."
})

/** When to come back, where nothing says more: about the time in which a pool recovers. */
const shortly = Duration.seconds(1)

const rounded = (millis: number): string => Duration.format(Duration.millis(Math.round(millis)))

/** When to come back: not before the next dial, where everything hangs on it. */
const retryAfter = (state: State, at: Instant): Duration.Duration =>
  state.breaker._tag === "Open" && established(state) === 0
    ? Duration.max(shortly, Duration.millis(Math.ceil(state.breaker.retryAt - at)))
    : shortly

/** Nothing can come back, and nothing is dialed before the caller has to leave. */
const isHopeless = (state: State, { deadline }: WaitQueue.Waiter): boolean =>
  established(state) + state.counts.connecting === 0 &&
  state.breaker._tag === "Open" &&
  state.breaker.retryAt > deadline

/**
 * The part of its deadline that a caller may have to wait, by the pace of the queue: the rest is for
 * statements that take longer than those before them.
 */
const foreseeable = 0.75

/**
 * For so much of its deadline a queue must have moved before its pace means anything: while thousands
 * come at once, taking them in keeps the process from serving any.
 */
const telling = 0.1

/** By the pace of the queue, whoever comes now has to leave before it is served. */
const isTooMany = (state: State, at: Instant): boolean => {
  const { breaker, limits, pace, waiting } = state
  // A dial that keeps failing, as where the server grants fewer than `max`, ends no pace.
  const isServing = breaker._tag === "Closed" || established(state) > 0
  return (
    isServing &&
    at - pace.since >= limits.acquireTimeout * telling &&
    estimate(pace, waiting.size) > limits.acquireTimeout * foreseeable
  )
}

const overtaxed = (state: State, at: Instant): AcquireTimeout => {
  const { limits, pace, waiting } = state
  const wait = estimate(pace, waiting.size)
  return new AcquireTimeout({
    message: `No connection can be had within ${rounded(limits.acquireTimeout)}: by the pace of the queue it would take ${rounded(wait)} (${describe(state, at)}; ${advice(state)}).`,
    retryAfter: Duration.max(shortly, Duration.millis(Math.ceil(wait)))
  })
}

const tooLate = (state: State, { deadline, since }: WaitQueue.Waiter, at: Instant) =>
  new AcquireTimeout({
    message: `${
      at > since
        ? `No connection after ${rounded(at - since)}`
        : `No connection can be had within ${rounded(deadline - at)}`
    } (${describe(state, at)}; ${advice(state)}).`,
    retryAfter: retryAfter(state, at)
  })

/** Tells of callers that were given up, if it is time to. */
const tellOfGivenUp = (state: State, out: Commands, at: Instant): State => {
  const { attempts, callers } = state.givenUp
  if (at < GivenUp.dueAt(state.givenUp)) return state
  const detail = `${callers} given up; ${describe(state, at)}; ${advice(state)}`
  report(out, { _tag: "TimedOut", attempts, detail })
  return { ...state, givenUp: { ...GivenUp.none, toldAt: at } }
}

/** Refuses the callers whose deadline has come, or can't be met any more, and tells of them. */
export const timeOutAll = (state: State, out: Commands, at: Instant): State => {
  let rest = state
  let waiter = firstWaiter(rest)
  // Callers come in order, so the first has seen the most failures.
  const attempts = state.failures - (waiter?.failuresBefore ?? 0)
  while (waiter !== undefined && (waiter.deadline <= at || isHopeless(rest, waiter))) {
    out.push({ _tag: "Refuse", ticket: waiter.ticket, error: tooLate(rest, waiter, at) })
    rest = withWaiting(rest, WaitQueue.shift(rest.waiting))
    waiter = firstWaiter(rest)
  }
  const callers = state.waiting.size - rest.waiting.size
  const counted =
    callers === 0 ? rest : { ...rest, givenUp: GivenUp.and(rest.givenUp, callers, attempts) }
  return tellOfGivenUp(counted, out, at)
}

/** Lets the queue say again, the next time it is full, that it is. */
const calmed = (state: State): State =>
  state.overflowing && state.waiting.size * 2 <= state.limits.maxWaiting
    ? { ...state, overflowing: false }
    : state

const turnAway = (state: State, out: Commands, at: Instant, ticket: number): State => {
  const { limits, overflowing, waiting } = state
  const message = `The queue for a connection is full: ${waiting.size} ${waiting.size === 1 ? "caller waits" : "callers wait"} (${describe(state, at)}; ${advice(state)}).`
  const error = new QueueFull({ message, retryAfter: retryAfter(state, at) })
  out.push({ _tag: "Refuse", ticket, error })
  // Once for each time that it fills up: a line per caller would make the worst moment worse.
  if (!overflowing) report(out, { _tag: "QueueFull", detail: `maxWaiting ${limits.maxWaiting}` })
  return overflowing ? state : { ...state, overflowing: true }
}

/** A caller joins the queue, and is served or refused at once if that is possible. */
export const acquire = (state: State, out: Commands, at: Instant, ticket: number): State => {
  if (state.closed) {
    out.push({ _tag: "Refuse", ticket, error: closed })
    return state
  }
  const deadline = at + state.limits.acquireTimeout
  const waiter: WaitQueue.Waiter = { ticket, since: at, deadline, failuresBefore: state.failures }
  const served = serveAtOnce(state, out, waiter, at)
  if (served !== undefined) return served
  const calm = calmed(state)
  if (calm.waiting.size >= calm.limits.maxWaiting) return turnAway(calm, out, at, ticket)
  if (isTooMany(calm, at)) {
    out.push({ _tag: "Refuse", ticket, error: overtaxed(calm, at) })
    return tellOfGivenUp({ ...calm, givenUp: GivenUp.and(calm.givenUp, 1, 0) }, out, at)
  }
  const queued = withWaiting(calm, WaitQueue.join(calm.waiting, waiter))
  return serve(timeOutAll(queued, out, at), out, at)
}

/** A caller who was about to be served waits again, at its old place; a closed pool refuses it. */
export const rejoin = (state: State, out: Commands, waiter: WaitQueue.Waiter): State => {
  if (!state.closed) return withWaiting(state, WaitQueue.rejoin(state.waiting, waiter))
  out.push({ _tag: "Refuse", ticket: waiter.ticket, error: closed })
  return state
}

/** A caller leaves the queue. */
export const leave = (state: State, ticket: number): State =>
  withWaiting(state, WaitQueue.leave(state.waiting, ticket))

/** Every caller in the queue is told the same. */
export const refuseAll = (state: State, out: Commands, error: AcquireError): State => {
  for (const { ticket } of WaitQueue.toArray(state.waiting)) {
    out.push({ _tag: "Refuse", ticket, error })
  }
  return withWaiting(state, WaitQueue.empty)
}
