import type { Instant } from "../runtime/Instant.ts"
import { dueAgain, isSurplus, isToBeKeptAlive } from "./Idling.ts"
import * as Members from "./Members.ts"
import { type Commands, report } from "./PoolCommand.ts"
import type { EvictionReason } from "./PoolEvent.ts"
import type { Member, State } from "./PoolState.ts"

/** Closes and forgets a member. */
export const evict = (
  state: State,
  out: Commands,
  member: Member,
  reason: EvictionReason,
  detail = ""
): State => {
  out.push({ _tag: "Close", id: member.id })
  report(out, { _tag: "Evicted", reason, detail })
  return Members.remove(state, member)
}

/** Gives up a dial. */
export const abort = (state: State, out: Commands, member: Member): State => {
  out.push({ _tag: "Abort", id: member.id })
  return Members.remove(state, member)
}

/** Why a member must not be lent again, if so. */
export const expired = (state: State, member: Member, at: Instant): EvictionReason | undefined => {
  if (state.closed) return "drain"
  if (member.generation < state.generation) return "generation"
  // Past it, not at it: however short a lifetime is, each one is lent once, rather than none ever.
  return at > member.retireAt ? "lifetime" : undefined
}

/** Closes every idle member. */
export const evictIdle = (state: State, out: Commands, reason: EvictionReason): State =>
  Members.allIdle(state).reduce((rest, member) => evict(rest, out, member, reason), state)

/**
 * Starts a new generation: nothing opened before is ever lent again, and nothing is opened until
 * somebody asks. Without a connection of the current generation there is nothing to condemn.
 */
export const condemn = (state: State, out: Commands, detail: string, isByHand = false): State => {
  const condemned = Members.established(state).filter(
    ({ generation }) => generation === state.generation
  ).length
  if (condemned === 0) return state
  report(out, { _tag: "Restarted", condemned, isByHand, detail })
  return evictIdle({ ...state, generation: state.generation + 1 }, out, "generation")
}

const reapOne =
  (out: Commands, at: Instant) =>
  (state: State, member: Member): State => {
    if (at >= member.retireAt) return evict(state, out, member, "lifetime")
    if (isSurplus(state, member, at)) return evict(state, out, member, "idle")
    if (!isToBeKeptAlive(state, member, at)) return state
    out.push({ _tag: "Prove", id: member.id, proof: "roundTrip" })
    return Members.examine(state, member, true)
  }

/** Closes what has been idle too long above the minimum or is past its lifetime; keeps the rest alive. */
export const reap = (state: State, out: Commands, at: Instant): State => {
  if (at < state.reapAt) return state
  // The least recently used go first, so that the ones kept are those in use.
  const kept = Members.allIdle(state).toReversed().reduce(reapOne(out, at), state)
  const next = Members.allIdle(kept).map((member) => dueAgain(kept, member))
  return { ...kept, reapAt: Math.min(Number.POSITIVE_INFINITY, ...next) }
}
