import type { Broken } from "./Violation.ts"
import {
  type Caller,
  isResting,
  openSessions,
  precision,
  rounding,
  type Session,
  type World,
  waiting
} from "./World.ts"

/** Invariant 1: idle + active + connecting never exceed the maximum. */
export const withinTheMaximum = (world: World): Broken => {
  const open = openSessions(world).length
  const { max } = world.knobs
  return open + world.dials.size > max
    ? `${open} sessions and ${world.dials.size} dials, where ${max} is the maximum`
    : undefined
}

/** Invariant 2: a connection has at most one borrower. */
export const oneBorrowerEach = (_: World, { holder, id }: Session): Broken =>
  holder === undefined ? undefined : `session ${id} is lent while caller ${holder.id} has it`

/** Invariant 2: what was evicted, what is known to be dead or spoilt, or condemned, is never lent. */
export const nothingEvictedIsLent = ({ burst }: World, session: Session): Broken => {
  const { closingIn = burst, condemnedIn = burst, id, isKnownDead, isMute, isSpoilt } = session
  if (isKnownDead) return `session ${id} is lent, and the client knows that it has ended`
  if (isMute) return `session ${id} is lent, and its flags say that it has ended`
  if (isSpoilt) return `session ${id} is lent, and its last borrower left it unusable`
  if (closingIn < burst) return `session ${id} is lent, which the pool has closed`
  return condemnedIn < burst ? `session ${id} is lent, of an older generation` : undefined
}

/** Whoever is interrupted neither waits nor holds any longer. */
export const theInterruptedAreGone = ({ callers }: World): Broken => {
  const left = [...callers].find(({ isInterrupted }) => isInterrupted)
  return left && `caller ${left.id} was interrupted, and is still ${left.phase}`
}

/** After this long at rest an end may wait in the kernel that the event loop has not read. */
const turnAfterIdle = 2

/** The ladder: a turn of the event loop for what rested a moment, a round trip after a while. */
export const nothingUnprovenIsLent = (world: World, session: Session): Broken => {
  const { assuredIn, endArrivesAt, goodAt, id } = session
  const { burst, knobs, now } = world
  const rested = now - goodAt - rounding
  if (assuredIn === burst) return undefined
  if (rested >= turnAfterIdle && endArrivesAt <= now) {
    return `session ${id} is lent after ${rested} ms at rest, and its end has arrived unread`
  }
  return rested >= knobs.validateAfterIdle
    ? `session ${id} is lent without a proof, last known to be good ${rested} ms ago`
    : undefined
}

/** Invariant 4: whoever came earlier is served earlier. */
export const callersAreServedInOrder = (world: World): Broken => {
  const overtaken = waiting(world)[0]
  if (overtaken === undefined) return undefined
  const first = [...world.callers].find(
    ({ askedIn, servedIn }) => servedIn === world.burst && askedIn > overtaken.askedIn
  )
  return first && `caller ${first.id} was served before caller ${overtaken.id}, who came earlier`
}

/** Invariant 4: idle connections are lent last-in first-out, so that a surplus can retire. */
export const theLastUsedIsLentFirst = (world: World): Broken => {
  const open = openSessions(world)
  const lent = open.filter(({ lentIn }) => lentIn === world.burst)
  for (const session of open) {
    if (!isResting(session) || session.restedIn === world.burst) continue
    const staler = lent.find(({ usedBefore }) => usedBefore < session.usedIn)
    if (staler !== undefined && session.lentIn !== world.burst) {
      return `session ${staler.id} is lent, and session ${session.id} was used after it`
    }
  }
  return undefined
}

/** Nobody waits beside a connection that could be lent, or at least be looked at. */
export const nobodyWaitsBesideAnIdleOne = (world: World): Broken => {
  const callers = waiting(world).length
  if (callers === 0) return undefined
  const open = openSessions(world)
  const proofs = open.reduce((sum, session) => sum + session.proofs, 0)
  const idle = open.filter(isResting).length
  return idle > 0 && callers > proofs
    ? `${callers} callers wait beside ${idle} idle connections and ${proofs} that are being proven`
    : undefined
}

const latest = (world: World, { deadline, way }: Caller): number =>
  Math.max(deadline, world.thawedAt) +
  precision +
  (way === "check" ? world.knobs.validateTimeout + precision : 0)

/** Invariant 3: every acquire ends by its deadline. */
export const everyoneIsAnsweredInTime = (world: World): Broken => {
  const late = waiting(world).find((caller) => world.now > latest(world, caller))
  return (
    late &&
    `caller ${late.id} (${late.way}) has no answer ${world.now - late.askedAt} ms after it asked`
  )
}
