import { Duration, SortedMap } from "effect"
import { type Commands, report } from "./PoolCommand.ts"
import { type AcquireError, AcquireTimeout, PoolClosed } from "./PoolError.ts"
import { describe, firstWaiter, type Instant, type State, type Waiter } from "./PoolState.ts"
import { serve, serveAtOnce } from "./Serving.ts"

/** The answer of a pool that is shutting down. */
export const closed = new PoolClosed({
  message: "The connection pool is closed: the program that owns it is shutting down."
})

/** A caller joins the queue, and is served at once if that is possible. */
export const acquire = (state: State, out: Commands, at: Instant, ticket: number): State => {
  if (state.closed) {
    out.push({ _tag: "Refuse", ticket, error: closed })
    return state
  }
  const deadline = at + state.limits.acquireTimeout
  const waiter: Waiter = { ticket, since: at, deadline, failuresBefore: state.failures }
  return serveAtOnce(state, out, waiter, at) ?? serve(rejoin(state, waiter), out, at)
}

/** A caller who was about to be served waits again, at its old place. */
export const rejoin = (state: State, waiter: Waiter): State => ({
  ...state,
  waiting: SortedMap.set(state.waiting, waiter.ticket, waiter)
})

/** A caller leaves the queue. */
export const leave = (state: State, ticket: number): State => ({
  ...state,
  waiting: SortedMap.remove(state.waiting, ticket)
})

/** Every caller in the queue is told the same. */
export const refuseAll = (state: State, out: Commands, error: AcquireError): State => {
  for (const [ticket] of state.waiting) out.push({ _tag: "Refuse", ticket, error })
  return { ...state, waiting: SortedMap.empty(SortedMap.getOrder(state.waiting)) }
}

const advice = (state: State): string =>
  state.dialing._tag === "Failing"
    ? `last failure: ${state.dialing.lastFailure}; check that the database runs and can be reached`
    : "hold connections for a shorter time, or raise max"

const timeOut = (state: State, out: Commands, waiter: Waiter, at: Instant): State => {
  const detail = `${describe(state)}; ${advice(state)}`
  const waited = Duration.format(Duration.millis(Math.round(at - waiter.since)))
  const message = `No connection after ${waited} (${detail}).`
  const error = new AcquireTimeout({ message, retryAfter: Duration.seconds(1) })
  out.push({ _tag: "Refuse", ticket: waiter.ticket, error })
  return leave(state, waiter.ticket)
}

/** Refuses the callers whose deadline has come. */
export const timeOutAll = (state: State, out: Commands, at: Instant): State => {
  let rest = state
  let waiter = firstWaiter(rest)
  // Callers come in order, so the first has seen the most failures.
  const attempts = state.failures - (waiter?.failuresBefore ?? 0)
  while (waiter !== undefined && waiter.deadline <= at) {
    rest = timeOut(rest, out, waiter, at)
    waiter = firstWaiter(rest)
  }
  const callers = SortedMap.size(state.waiting) - SortedMap.size(rest.waiting)
  if (callers > 0) {
    const detail = `${callers} given up; ${describe(state)}; ${advice(state)}`
    report(out, { _tag: "TimedOut", attempts, detail })
  }
  return rest
}
