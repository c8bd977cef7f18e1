import { HashMap, List, Option } from "effect"
import type { Instant, Member, State } from "./PoolState.ts"

/** Adds one to the count of a phase and takes one from another. */
const recount = (
  state: State,
  from: Member["phase"] | undefined,
  to: Member["phase"] | undefined
): State["counts"] => {
  // From one borrower to the next, as with every statement while callers wait.
  if (from === to) return state.counts
  const counts = { ...state.counts }
  if (from !== undefined) counts[from] -= 1
  if (to !== undefined) counts[to] += 1
  return counts
}

const suspectsAfter = (state: State, before: Member | undefined, after: Member | undefined) =>
  state.suspects - (before?.suspect ? 1 : 0) + (after?.suspect ? 1 : 0)

/** The member with this id, if the pool still knows it. */
export const find = (state: State, id: number): Member | undefined =>
  Option.getOrUndefined(HashMap.get(state.members, id))

/** Adds a member that starts to connect. */
export const add = (state: State, at: Instant): readonly [State, number] => {
  const id = state.nextId
  const member: Member = {
    id,
    generation: state.generation,
    phase: "connecting",
    suspect: false,
    goodAt: at,
    retireAt: Number.POSITIVE_INFINITY
  }
  return [
    {
      ...state,
      nextId: id + 1,
      members: HashMap.set(state.members, id, member),
      counts: recount(state, undefined, "connecting")
    },
    id
  ]
}

/** Forgets a member. An idle one also leaves the list of idle ids. */
export const remove = (state: State, member: Member): State => ({
  ...state,
  members: HashMap.remove(state.members, member.id),
  idle: member.phase === "idle" ? List.filter(state.idle, (id) => id !== member.id) : state.idle,
  counts: recount(state, member.phase, undefined),
  suspects: suspectsAfter(state, member, undefined)
})

/** What changes when a member is in another phase. */
const moved = (state: State, member: Member, to: Member) => ({
  members: HashMap.set(state.members, member.id, to),
  counts: recount(state, member.phase, to.phase),
  suspects: suspectsAfter(state, member, to)
})

const move = (state: State, member: Member, to: Member): State => ({
  ...state,
  ...moved(state, member, to)
})

/** Makes a member active, from any phase but idle. */
export const activate = (state: State, member: Member): State =>
  move(state, member, { ...member, phase: "active", suspect: false })

/** Makes an active member one that is proven. */
export const examine = (state: State, member: Member): State =>
  move(state, member, { ...member, phase: "proving", suspect: false })

/** Makes a member idle and the first to be lent. */
export const rest = (state: State, member: Member): State => ({
  ...state,
  ...moved(state, member, { ...member, phase: "idle", suspect: false }),
  idle: List.cons(member.id, state.idle),
  reapAt: Math.min(state.reapAt, member.goodAt + state.limits.idleTimeout, member.retireAt)
})

/** The idle member to lend next, if any. */
export const firstIdle = (state: State): Member | undefined => {
  const head = List.head(state.idle)
  return Option.isSome(head) ? find(state, head.value) : undefined
}

/** Takes the first idle member out of the list into another phase. */
export const takeIdle = (
  state: State,
  member: Member,
  to: { readonly phase: "active" | "proving"; readonly suspect: boolean }
): State => ({
  ...state,
  ...moved(state, member, { ...member, ...to }),
  idle: List.drop(state.idle, 1)
})

/** The idle members, the most recently used first. */
export const allIdle = (state: State): ReadonlyArray<Member> =>
  List.toArray(state.idle).flatMap((id) => find(state, id) ?? [])

/** The members that are connected, in any phase. */
export const established = (state: State): ReadonlyArray<Member> =>
  HashMap.toValues(state.members).filter(({ phase }) => phase !== "connecting")
