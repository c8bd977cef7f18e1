import type { Instant } from "../runtime/Instant.ts"
import * as Breaker from "./Breaker.ts"
import { dialsAt, dialTimeout, isReplaced, unproven } from "./Demand.ts"
import { abort, evict, expired } from "./Evicting.ts"
import { proofFor } from "./Idling.ts"
import * as Members from "./Members.ts"
import * as Pace from "./Pace.ts"
import { type Commands, type Proof, report } from "./PoolCommand.ts"
import { firstWaiter, type Member, type State, total, withWaiting } from "./PoolState.ts"
import * as WaitQueue from "./WaitQueue.ts"

/** Gives the longest waiting caller a member. */
const lend = (
  state: State,
  out: Commands,
  member: Member,
  { at, waiter }: { readonly at: Instant; readonly waiter: WaitQueue.Waiter }
): State => {
  out.push({ _tag: "Lend", id: member.id, waiter })
  const { pace, waiting } = state
  return withWaiting(
    Members.activate(state, member),
    WaitQueue.shift(waiting),
    Pace.served(pace, at)
  )
}

/** Takes an idle member out to prove it. */
export const prove = (
  state: State,
  out: Commands,
  member: Member,
  { proof, suspect }: { readonly proof: Proof; readonly suspect: boolean }
): State => {
  out.push({ _tag: "Prove", id: member.id, proof })
  return Members.examine(state, member, suspect)
}

/** Opens one more connection. */
export const connect = (state: State, out: Commands, at: Instant): State => {
  const [next, id] = Members.add(state, at)
  out.push({ _tag: "Connect", id, within: dialTimeout(state) })
  return { ...next, dialedAt: at, breaker: Breaker.probing(state.breaker) }
}

/** An idle connection serves: what was lost before it is no reason for a dial that begins later. */
export const servedByIdle = (state: State): State =>
  state.unmetLoss === undefined ? state : { ...state, unmetLoss: undefined }

/** Tells of a loss that nobody has met yet, now that a connection is opened because of it. */
const meetLoss = (state: State, out: Commands): State => {
  if (state.unmetLoss === undefined) return state
  report(out, { _tag: "Invalid", detail: state.unmetLoss })
  if (total(state) === 0) report(out, { _tag: "Stale" })
  return { ...state, unmetLoss: undefined }
}

/** The dial that had no answer makes room for the next; the one before it is let go on. */
const overtake = (state: State, out: Commands): State => {
  const last = isReplaced(state) ? Members.connecting(state).at(-1) : undefined
  return last === undefined ? state : abort(state, out, last)
}

const serveFromIdle = (
  state: State,
  out: Commands,
  member: Member,
  waiter: WaitQueue.Waiter,
  at: Instant
): State => {
  const reason = expired(state, member, at)
  if (reason !== undefined) return evict(state, out, member, reason)
  const proof = proofFor(state, member, at)
  if (proof === undefined) return lend(servedByIdle(state), out, member, { at, waiter })
  return unproven(state) > 0 ? prove(state, out, member, { proof, suspect: false }) : state
}

/**
 * Lends the first idle member to a caller who comes while nobody waits, if it is good as it is:
 * what {@link serve} would do, without the way through the queue. Else undefined.
 */
export const serveAtOnce = (
  state: State,
  out: Commands,
  waiter: WaitQueue.Waiter,
  at: Instant
): State | undefined => {
  if (state.waiting.size > 0) return undefined
  const member = Members.firstIdle(state)
  if (member === undefined || expired(state, member, at) !== undefined) return undefined
  if (proofFor(state, member, at) !== undefined) return undefined
  out.push({ _tag: "Lend", id: member.id, waiter })
  return Members.activate(servedByIdle(state), member)
}

/** One step towards serving the queue, or the same state when nothing can be done for it now. */
const serveOne = (state: State, out: Commands, at: Instant): State => {
  const waiter = firstWaiter(state)
  if (waiter === undefined) return state
  const member = Members.firstIdle(state)
  if (member !== undefined) return serveFromIdle(state, out, member, waiter, at)
  return dialsAt(state) <= at ? connect(meetLoss(overtake(state, out), out), out, at) : state
}

/** Does for the queue all that can be done now: lends, proves, dials. */
export const serve = (state: State, out: Commands, at: Instant): State => {
  let before = state
  let after = serveOne(before, out, at)
  while (after !== before) {
    before = after
    after = serveOne(before, out, at)
  }
  return after
}

/** A good connection in hand: the longest waiter gets it, or it rests, or it has had its time. */
export const settle = (state: State, out: Commands, member: Member, at: Instant): State => {
  const reason = expired(state, member, at)
  if (reason !== undefined) return evict(state, out, member, reason)
  const waiter = firstWaiter(state)
  return waiter === undefined
    ? Members.rest(state, member)
    : lend(state, out, member, { at, waiter })
}
