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

/** Of those used at the same instant, the one that came to rest last is the first to be lent. */
const isUsedAfter = (session: Session, { takenFrom: { restedIn, usedUntil } }: Session): boolean =>
  session.usedAt > usedUntil ||
  (session.usedAt === usedUntil && session.usedUntil === usedUntil && session.restedIn > restedIn)

/**
 * Invariant 4: idle connections are taken last-in first-out, to be lent or proven for who waits, so
 * that a surplus can retire.
 */
export const theLastUsedIsTakenFirst = (world: World): Broken => {
  const { burst } = world
  const open = openSessions(world)
  const taken = open.filter(({ takenIn }) => takenIn === burst)
  if (taken.length === 0) return undefined
  for (const session of open) {
    if (!isResting(session) || session.restedIn === burst || session.takenIn === burst) continue
    const staler = taken.find((other) => isUsedAfter(session, other))
    if (staler !== undefined) {
      return `session ${staler.id} is taken, and session ${session.id} was used after it`
    }
  }
  return undefined
}

/** Not more callers wait than may. */
export const noMoreWaitThanMay = (world: World): Broken => {
  const callers = waiting(world).length
  const { maxWaiting } = world.knobs
  return callers > maxWaiting ? `${callers} callers wait, where ${maxWaiting} may` : undefined
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
