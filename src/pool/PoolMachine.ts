import type { Instant } from "../runtime/Instant.ts"
import type { Breaker } from "./Breaker.ts"
import { socketClosed } from "./Connection.ts"
import { connected, connectFailed, lapse, warm } from "./Dialing.ts"
import { abort, condemn, evict, evictIdle, expired, reap } from "./Evicting.ts"
import { isSilent } from "./Idling.ts"
import * as Members from "./Members.ts"
import type { Command, Commands, Input, MemberInput } from "./PoolCommand.ts"
import { established, firstWaiter, type Member, type State, total } from "./PoolState.ts"
import { prove, serve, servedByIdle, settle } from "./Serving.ts"
import { lose, refute } from "./Suspecting.ts"
import { acquire, closed, leave, refuseAll, rejoin, timeOutAll } from "./Waiting.ts"

/**
 * The phase in which an input about a member means something. Two answers can cross, as when a dial
 * succeeds at the instant its deadline passes: the first one counts.
 */
const expectedPhase: Readonly<Partial<Record<MemberInput["_tag"], Member["phase"]>>> = {
  Release: "active",
  Unfit: "active",
  Heard: "connecting",
  Preparing: "connecting",
  Connected: "connecting",
  ConnectFailed: "connecting",
  Proven: "proving",
  Refuted: "proving"
}

const concerns = (member: Member, { _tag }: MemberInput): boolean =>
  (expectedPhase[_tag] ?? member.phase) === member.phase

/**
 * A member that was held for long may have been silent all the while: it is proven for the next
 * caller, who may be waiting already.
 */
const giveBack = (
  state: State,
  out: Commands,
  member: Member,
  { at, usable }: Extract<MemberInput, { readonly _tag: "Release" }>
): State => {
  if (!usable) return evict(state, out, member, "broken", member.loss)
  const wasHeldLong = isSilent(state.limits, member, at)
  if (!wasHeldLong || expired(state, member, at) !== undefined) {
    return settle(state, out, Members.goodAgain(member, at, at), at)
  }
  const used = Members.goodAgain(member, member.goodAt, at)
  return firstWaiter(state) === undefined
    ? Members.rest(state, used)
    : prove(state, out, used, { proof: "roundTrip", suspect: false })
}

const mayDial = (breaker: Breaker, at: Instant): boolean =>
  breaker._tag === "Open" ? at >= breaker.retryAt : breaker._tag === "Closed"

/**
 * Brings a pool that has shrunk below its minimum back to it, now that somebody uses it. Not by
 * itself: a server that closed idle connections, to go to sleep, would be kept awake.
 */
const refill = (state: State, out: Commands, at: Instant): State => {
  const isShort = established(state) > 0 && total(state) < state.limits.min
  return isShort && mayDial(state.breaker, at) ? warm(state, out, at) : state
}

/** Refuses who waits, and ends all but what is in a borrower's hands or just being proven. */
const close = (state: State, out: Commands): State => {
  const refused = refuseAll({ ...state, closed: true }, out, closed)
  const dials = Members.connecting(refused)
  const aborted = dials.reduce((rest, member) => abort(rest, out, member), refused)
  return evictIdle(aborted, out, "drain")
}

const aboutMember = (state: State, out: Commands, member: Member, input: MemberInput): State => {
  const { at } = input
  switch (input._tag) {
    case "Release":
      return serve(giveBack(state, out, member, input), out, at)
    case "Unfit":
      return refute(rejoin(state, out, input.waiter), out, member, { at, loss: socketClosed })
    case "Heard":
      return member.dial === "silent" ? Members.progressed(state, member, "heard") : state
    case "Preparing":
      return Members.progressed(state, member, "preparing")
    case "Connected":
      return connected(state, out, member, input)
    case "ConnectFailed":
      return connectFailed(state, out, member, input)
    case "Proven": {
      const goodAt = input.proof === "roundTrip" ? at : member.goodAt
      const good = Members.goodAgain(member, goodAt, member.usedAt)
      const known = firstWaiter(state) === undefined ? state : servedByIdle(state)
      return serve(settle(known, out, good, at), out, at)
    }
    case "Refuted":
      return refute(state, out, member, input)
    case "Lost":
      return lose(state, out, member, input)
  }
}

const apply = (state: State, out: Commands, input: Input): State => {
  switch (input._tag) {
    case "Acquire":
      return refill(acquire(state, out, input.at, input.ticket), out, input.at)
    case "Cancel":
      return leave(state, input.ticket)
    case "Tick":
      return serve(reap(timeOutAll(state, out, input.at), out, input.at), out, input.at)
    case "Slept":
      return Members.silenced(state, input.at)
    case "Warm":
      return warm(state, out, input.at)
    case "Recreate":
      return serve(condemn(state, out, input.detail, true), out, input.at)
    case "Close":
      return close(state, out)
    default: {
      // A member that the pool has already forgotten changes nothing.
      const member = Members.find(state, input.id)
      if (member === undefined || !concerns(member, input)) return state
      const next = aboutMember(state, out, member, input)
      // Who had hoped for the last connection may have to be told that none will come.
      return total(next) === 0 ? timeOutAll(next, out, input.at) : next
    }
  }
}

/**
 * The pool as a pure function: one input changes the state and asks for commands, in order.
 *
 * It reads no clock, draws no random number and touches no connection, so that every history can
 * be replayed.
 */
export const step = (state: State, input: Input): readonly [State, ReadonlyArray<Command>] => {
  const out: Commands = []
  const next = apply(lapse(state, out, input.at), out, input)
  return [next, out]
}
