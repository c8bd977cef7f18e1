import type { Broken } from "./Violation.ts"
import {
  openSessions,
  overtakenAfter,
  precision,
  rounding,
  type Session,
  type World,
  waiting
} from "./World.ts"

/** The least time between a failure, the so many-th in a row, and the next dial. */
const leastDelay = ({ knobs: { redialBase, redialCap } }: World, failures: number): number =>
  // A quarter is the jitter.
  Math.min(redialBase * 2 ** (failures - 1), redialCap) * 0.75

/**
 * Invariants 6 and 7: while dials fail, one at a time looks for the database, beside at most one that
 * had no answer for long, and each waits longer than the one before, however many callers there are.
 */
export const oneProbeAtATime = (world: World): Broken => {
  const { dials, failing, now } = world
  if (failing === undefined) return undefined
  const { failures, lastAt } = failing
  const begun = [...dials].map(({ beganAt }) => beganAt)
  if (begun.length > 1 || begun.some((beganAt) => now - beganAt < overtakenAfter - precision)) {
    return `a dial begins beside those of ${begun.map((at) => `${now - at} ms`).join(", ")} before, after ${failures} failures in a row`
  }
  if (world.overtakenIn === world.burst) return undefined
  return now - lastAt < leastDelay(world, failures) - precision
    ? `a dial begins ${now - lastAt} ms after the last of ${failures} failures in a row`
    : undefined
}

/** Invariant 8: an idle pool opens no connection. */
export const nobodyDialsUnasked = ({ burst, wantedIn }: World): Broken =>
  wantedIn === burst ? undefined : "a dial begins, and nobody waits"

/** Invariant 8: an idle pool sends no byte. */
export const nothingIsSentUnasked = (world: World, { holder, id }: Session): Broken => {
  const { burst, refutedIn, wantedIn } = world
  const isAsked = holder !== undefined || wantedIn === burst || refutedIn === burst
  return isAsked ? undefined : `session ${id} is validated, and nobody waits`
}

/**
 * With somebody waiting, service is back within a second of the database. What a proof takes is on
 * top of it, and the time that the server needs to open a session.
 */
export const serviceComesBack = (world: World): Broken => {
  const { connectTime, firstSince, knobs, now, openSince } = world
  const first = waiting(world)[0]
  if (first === undefined) return undefined
  const since = Math.max(openSince, firstSince)
  const allowed = 1_000 + connectTime + 2 * knobs.validateTimeout + precision
  return now - since > allowed
    ? `caller ${first.id} still waits ${now - since} ms after the database and a slot were there`
    : undefined
}

/** Where no dial can succeed nobody is kept waiting for one. */
export const nobodyIsKeptWaitingInVain = (world: World): Broken => {
  const hopeful = waiting(world).find(({ askedIn }) => askedIn < world.fatalIn)
  return world.fatalIn === world.burst && hopeful
    ? `caller ${hopeful.id} still waits, though no dial can succeed`
    : undefined
}

/** Invariant 9: a proof of a restart condemns every older connection at once. */
export const theCondemnedAreClosed = (world: World): Broken => {
  const kept = openSessions(world).find(
    ({ condemnedIn, holder, proofs }) =>
      condemnedIn !== undefined && holder === undefined && proofs === 0
  )
  return kept && `session ${kept.id} is kept idle, though it is of an older generation`
}

/** What is known to have ended takes no slot, unless its borrower still has it. */
export const theDeadAreForgotten = (world: World): Broken => {
  const kept = openSessions(world).find(
    ({ holder, isKnownDead, isSpoilt, proofs }) =>
      (isKnownDead || isSpoilt) && holder === undefined && proofs === 0
  )
  return kept && `session ${kept.id} is kept idle, though the client knows that it is unusable`
}

const isSurplus = (world: World, { usedAt }: Session): boolean =>
  world.now - usedAt >= world.knobs.idleTimeout - rounding &&
  openSessions(world).length + world.dials.size > world.knobs.min

const doubtfulCheck = ({ callers }: World): boolean =>
  [...callers].some(
    ({ isInterrupted, phase, way }) => way === "check" && isInterrupted && phase !== "back"
  )

/** A connection is closed only for a reason: what is good is kept, also when others are lost. */
export const nothingGoodIsClosed = (world: World, session: Session): Broken => {
  const { id, isKnownDead, isMute, isRefuted, isSpoilt, openedAt, openedIn } = session
  // Jitter takes up to a quarter of the lifetime.
  const isOld = world.now - openedAt >= world.knobs.maxLifetime * 0.75 - rounding
  const isBad = isKnownDead || isMute || isSpoilt || isRefuted
  const isReplaced = openedIn <= world.excusedIn
  if (world.isClosing || isBad || isReplaced || isOld || isSurplus(world, session)) return undefined
  return doubtfulCheck(world) ? undefined : `session ${id} is closed, and nothing was wrong with it`
}
