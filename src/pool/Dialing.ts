import { delayAfter, dialsWithin } from "./Backoff.ts"
import { condemn } from "./Evicting.ts"
import * as Members from "./Members.ts"
import { type Commands, type MemberInput, report } from "./PoolCommand.ts"
import { type Dialing, failed, firstWaiter, type Member, type State, total } from "./PoolState.ts"
import { connect, serve, settle } from "./Serving.ts"
import { refuseAll } from "./Waiting.ts"

/** Opens what is missing to the minimum. */
export const warm = (state: State, out: Commands, at: number): State =>
  total(state) < state.limits.min ? warm(connect(state, out, at), out, at) : state

/** A dial succeeded: dialing is free again. */
export const connected = (
  state: State,
  out: Commands,
  member: Member,
  { at, retireAt }: Extract<MemberInput, { readonly _tag: "Connected" }>
): State => {
  if (state.dialing._tag === "Failing") {
    const { failures, since } = state.dialing
    report(out, { _tag: "Reconnected", attempts: failures + 1, after: at - since })
  }
  const ready: State = { ...state, dialing: { _tag: "Ready" } }
  // Whatever was condemned while it was being opened: it is alive now, and so is new.
  const fresh = { ...member, generation: state.generation, goodAt: at, retireAt }
  return serve(settle(ready, out, fresh, at), out, at)
}

type ConnectFailed = Extract<MemberInput, { readonly _tag: "ConnectFailed" }>

const fail = (state: State, out: Commands, input: ConnectFailed): Dialing => {
  const { at, error, random } = input
  const before = state.dialing._tag === "Failing" ? state.dialing : undefined
  const failures = (before?.failures ?? 0) + 1
  const retryIn = delayAfter(state.limits.redialDelay, failures, random)
  const waiter = firstWaiter(state)
  if (waiter !== undefined && !error.isFatal) {
    const { redialDelay } = state.limits
    const attempts = failures + dialsWithin(redialDelay, failures, waiter.deadline - at)
    const detail = error.message
    report(out, { _tag: "DialFailed", attempt: failures, attempts, detail, retryIn })
  }
  return {
    _tag: "Failing",
    failures,
    since: before?.since ?? at,
    nextDialAt: at + retryIn,
    lastFailure: error.message
  }
}

/**
 * A dial failed. Who waits goes on waiting for the next one, unless no dial can succeed.
 *
 * Dials that were under way together count as one failure: ten at once say no more than one.
 */
export const connectFailed = (
  state: State,
  out: Commands,
  member: Member,
  input: ConnectFailed
): State => {
  const { dialing } = state
  const sameBurst = dialing._tag === "Failing" && member.goodAt < dialing.since
  const next: State = {
    ...failed(Members.remove(state, member), input.error.message),
    dialing: sameBurst ? dialing : fail(state, out, input)
  }
  const known = input.error.provesRestart ? condemn(next, out, input.error.message) : next
  return input.error.isFatal ? refuseAll(known, out, input.error) : serve(known, out, input.at)
}
