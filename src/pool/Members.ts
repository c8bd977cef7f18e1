import { List } from "effect"
import type { Instant } from "../runtime/Instant.ts"
import { dueAfterRest } from "./Idling.ts"
import { advanced, type DialProgress, type Member, type Moving, type State } from "./PoolState.ts"

type Phase = Member["phase"]

/** One more in a phase, or one less. */
const counted = (counts: State["counts"], phase: Phase, by: 1 | -1): State["counts"] => ({
  connecting: counts.connecting + (phase === "connecting" ? by : 0),
  proving: counts.proving + (phase === "proving" ? by : 0),
  idle: counts.idle + (phase === "idle" ? by : 0),
  active: counts.active + (phase === "active" ? by : 0)
})

/** From one borrower to the next, as with every statement while callers wait, nothing changes. */
const recount = (counts: State["counts"], from: Phase, to: Phase): State["counts"] =>
  from === to ? counts : counted(counted(counts, from, -1), to, 1)

const indexOf = ({ members }: State, id: number): number => {
  for (let index = 0; index < members.length; index++) {
    if (members[index]?.id === id) return index
  }
  return -1
}

/** The member with this id, if the pool still knows it. */
export const find = (state: State, id: number): Member | undefined =>
  state.members[indexOf(state, id)]

/** Adds a member that starts to connect. */
export const add = (state: State, at: Instant): readonly [State, number] => {
  const id = state.nextId
  const member: Member = {
    id,
    generation: state.generation,
    phase: "connecting",
    dial: "silent",
    suspect: false,
    goodAt: at,
    usedAt: at,
    retireAt: Number.POSITIVE_INFINITY,
    loss: undefined
  }
  return [
    {
      ...state,
      nextId: id + 1,
      members: [...state.members, member],
      counts: counted(state.counts, "connecting", 1)
    },
    id
  ]
}

const withoutIdle = (state: State, { id }: Member): State["idle"] =>
  List.isCons(state.idle) && state.idle.head === id
    ? state.idle.tail
    : List.filter(state.idle, (other) => other !== id)

export const remove = (state: State, member: Member): State => ({
  ...state,
  members: state.members.filter(({ id }) => id !== member.id),
  idle: member.phase === "idle" ? withoutIdle(state, member) : state.idle,
  counts: counted(state.counts, member.phase, -1),
  suspects: state.suspects - (member.suspect ? 1 : 0)
})

/** Field by field, for the reason that {@link advanced} has. */
const inPhase = (member: Member, phase: Phase, suspect: boolean): Member => ({
  id: member.id,
  generation: member.generation,
  phase,
  dial: member.dial,
  suspect,
  goodAt: member.goodAt,
  usedAt: member.usedAt,
  retireAt: member.retireAt,
  loss: member.loss
})

const moved = (state: State, member: Member, phase: Phase, suspect: boolean): Moving => ({
  members: state.members.with(indexOf(state, member.id), inPhase(member, phase, suspect)),
  idle: member.phase === "idle" ? withoutIdle(state, member) : state.idle,
  counts: recount(state.counts, member.phase, phase),
  suspects: state.suspects - (member.suspect ? 1 : 0) + (suspect ? 1 : 0),
  waiting: state.waiting,
  pace: state.pace,
  reapAt: state.reapAt
})

/** Puts a member into a borrower's hands. */
export const activate = (state: State, member: Member): State =>
  advanced(state, moved(state, member, "active", false))

/** Takes a member aside to prove it: for a caller, or because it is suspect. */
export const examine = (state: State, member: Member, suspect: boolean): State =>
  advanced(state, moved(state, member, "proving", suspect))

/** A dial has come further. */
export const progressed = (state: State, member: Member, dial: DialProgress): State => ({
  ...state,
  members: state.members.with(indexOf(state, member.id), { ...member, dial })
})

/** A member has ended in other hands: those will bring it back. */
export const lost = (state: State, member: Member, loss: string): State => ({
  ...state,
  members: state.members.with(indexOf(state, member.id), { ...member, loss })
})

/** The same member, known to be good at an instant, and perhaps used until then. */
export const goodAgain = (member: Member, goodAt: Instant, usedAt: Instant): Member => ({
  id: member.id,
  generation: member.generation,
  phase: member.phase,
  dial: member.dial,
  suspect: member.suspect,
  goodAt,
  usedAt,
  retireAt: member.retireAt,
  loss: member.loss
})

/** Makes each connection one of which nothing was heard for so long that only an answer shows it alive. */
export const silenced = (state: State, at: Instant): State => {
  const { validateAfterIdle } = state.limits
  if (!Number.isFinite(validateAfterIdle)) return state
  // A millisecond more, because large instants are rounded.
  const heardAt = at - validateAfterIdle - 1
  const silencedOne = (member: Member): Member =>
    member.phase === "connecting"
      ? member
      : goodAgain(member, Math.min(member.goodAt, heardAt), member.usedAt)
  return { ...state, members: state.members.map(silencedOne) }
}

/** The idle ids with one more, behind those that were used later. */
const ranked = (state: State, idle: List.List<number>, member: Member): List.List<number> => {
  if (List.isNil(idle)) return List.of(member.id)
  const first = find(state, idle.head)
  return first !== undefined && first.usedAt > member.usedAt
    ? List.cons(idle.head, ranked(state, idle.tail, member))
    : List.cons(member.id, idle)
}

/** Makes a member idle. The one that was used last is the first to be lent. */
export const rest = (state: State, member: Member): State => {
  const { counts, idle, members, pace, suspects, waiting } = moved(state, member, "idle", false)
  return advanced(state, {
    members,
    idle: ranked(state, idle, member),
    counts,
    suspects,
    waiting,
    pace,
    reapAt: Math.min(state.reapAt, dueAfterRest(state, member))
  })
}

/** The idle member to lend next, if any. */
export const firstIdle = (state: State): Member | undefined =>
  List.isCons(state.idle) ? find(state, state.idle.head) : undefined

/** The idle members, the most recently used first. */
export const allIdle = (state: State): ReadonlyArray<Member> =>
  List.toArray(state.idle).flatMap((id) => find(state, id) ?? [])

/** The members that are connected, in any phase. */
export const established = ({ members }: State): ReadonlyArray<Member> =>
  members.filter(({ phase }) => phase !== "connecting")

/** The members that are being dialed, in the order in which that began. */
export const connecting = ({ members }: State): ReadonlyArray<Member> =>
  members.filter(({ phase }) => phase === "connecting")
