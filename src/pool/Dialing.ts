import { Duration } from "effect"
import { dialsWithin } from "./Backoff.ts"
import * as Breaker from "./Breaker.ts"
import { hopeEnds, lapsesAt, width } from "./Demand.ts"
import { abort, condemn } from "./Evicting.ts"
import * as Members from "./Members.ts"
import { type Commands, type MemberInput, report } from "./PoolCommand.ts"
import type { ConnectError } from "./PoolError.ts"
import { established, failed, firstWaiter, type Member, type State, total } from "./PoolState.ts"
import { connect, serve, settle } from "./Serving.ts"
import { refuseAll, timeOutAll } from "./Waiting.ts"

/** Opens what is missing to the minimum, as fast as the ramp allows. */
export const warm = (state: State, out: Commands, at: number): State =>
  !state.closed && total(state) < state.limits.min && state.counts.connecting < width(state)
    ? warm(connect(state, out, at), out, at)
    : state

/**
 * A dial that this one has overtaken is given up where no hope is left for it: the network has
 * swallowed it, and it would fail long after the server is back, and be taken for the beginning of an
 * outage. Elsewhere it does not matter any more that its server was heard, since that has answered
 * others meanwhile.
 */
const overtaken =
  (out: Commands, at: number) =>
  (state: State, other: Member): State => {
    if (hopeEnds(state.limits, other) <= at) return abort(state, out, other)
    return other.dial === "heard" ? Members.progressed(state, other, "silent") : state
  }

const overtakeEarlier = (state: State, out: Commands, { goodAt }: Member, at: number): State =>
  Members.connecting(state)
    .filter((other) => other.goodAt < goodAt)
    .reduce(overtaken(out, at), state)

/** A dial succeeded: dialing is free again. */
export const connected = (
  state: State,
  out: Commands,
  member: Member,
  { at, retireAt }: Extract<MemberInput, { readonly _tag: "Connected" }>
): State => {
  const outage = Breaker.outageOf(state.breaker)
  report(out, { _tag: "Dialed", took: at - member.goodAt })
  if (outage !== undefined) {
    const { failures, since } = outage
    const beside = established(state)
    report(out, { _tag: "Reconnected", attempts: failures + 1, after: at - since, beside })
  }
  const ready: State = {
    ...overtakeEarlier(state, out, member, at),
    breaker: Breaker.succeeded(state.breaker, established(state))
  }
  // Whatever was condemned while it was being opened: it is alive now, and so is new.
  const fresh = { ...member, generation: state.generation, goodAt: at, usedAt: at, retireAt }
  return serve(settle(ready, out, fresh, at), out, at)
}

/** Closes the breaker where nobody has needed a dial for long, beside connections that serve. */
export const lapse = (state: State, out: Commands, at: number): State => {
  const outage = Breaker.outageOf(state.breaker)
  if (outage === undefined || at < lapsesAt(state)) return state
  report(out, { _tag: "Lapsed", attempts: outage.failures, after: at - outage.since })
  return { ...state, breaker: Breaker.closed }
}

type ConnectFailed = Extract<MemberInput, { readonly _tag: "ConnectFailed" }>

const millisOf = ({ retryAfter }: ConnectError): number =>
  retryAfter === undefined ? 0 : Duration.toMillis(retryAfter)

/** No dial can succeed, and nothing is open that could come back to who waits. */
const isInVain = (state: State, { isFatal }: ConnectError): boolean =>
  isFatal && established(state) === 0

/** Callers who waited, and are refused because that is in vain. */
const refusedBy = (state: State, error: ConnectError): number =>
  isInVain(state, error) ? state.waiting.size : 0

const tellOfFailure = (
  state: State,
  out: Commands,
  { at, error }: ConnectFailed,
  { outage: { failures }, retryAt }: Extract<Breaker.Breaker, { readonly _tag: "Open" }>
): void => {
  const refused = refusedBy(state, error)
  // A line per caller would make the worst moment worse: one for each outage.
  const isFirstRefusal = refused > 0 && Breaker.outageOf(state.breaker)?.hasRefused !== true
  if (failures === 1 || isFirstRefusal) {
    report(out, { _tag: "BreakerOpened", detail: error.message, refused })
  }
  const waiter = firstWaiter(state)
  if (waiter === undefined || refused > 0) return
  const within = dialsWithin(state.limits.redialDelay, failures, waiter.deadline - at)
  report(out, {
    _tag: "DialFailed",
    attempt: failures,
    attempts: failures + within,
    detail: error.message,
    retryIn: retryAt - at
  })
}

const trip = (state: State, out: Commands, member: Member, input: ConnectFailed): State => {
  const { at, error, random } = input
  const isUnanswered =
    member.dial !== "preparing" && at - member.goodAt >= state.limits.connectTimeout
  const failure = {
    at,
    message: error.message,
    isUnanswered,
    retryAfter: millisOf(error),
    hasRefused: refusedBy(state, error) > 0,
    random
  }
  const breaker = Breaker.tripped(state.breaker, state.limits.redialDelay, failure)
  tellOfFailure(state, out, input, breaker)
  return { ...state, breaker }
}

/** The server asks for more peace than it will have. */
const asksForMore = ({ breaker }: State, { at, error }: ConnectFailed): boolean => {
  const retryAfter = millisOf(error)
  return retryAfter > 0 && (breaker._tag !== "Open" || at + retryAfter > breaker.retryAt)
}

/** The dial began before the first one that failed, and says no more than that one. */
const isOfTheSameBurst = (state: State, { goodAt }: Member, input: ConnectFailed): boolean => {
  const outage = Breaker.outageOf(state.breaker)
  return outage !== undefined && goodAt < outage.since && !asksForMore(state, input)
}

/**
 * A dial failed. Who waits goes on waiting for the next one, or for one that comes back, unless no dial
 * can succeed and nothing is open.
 *
 * Dials that were under way together count as one failure: ten at once say no more than one.
 */
export const connectFailed = (
  state: State,
  out: Commands,
  member: Member,
  input: ConnectFailed
): State => {
  const { at, error } = input
  const rest = failed(Members.remove(state, member), error.message)
  const known = error.provesRestart ? condemn(rest, out, error.message) : rest
  const tripped = isOfTheSameBurst(state, member, input) ? known : trip(known, out, member, input)
  return isInVain(tripped, error)
    ? refuseAll(tripped, out, error)
    : serve(timeOutAll(tripped, out, at), out, at)
}
