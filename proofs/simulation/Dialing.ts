import { isLeftBehind } from "./DialWatch.ts"
import type { Broken } from "./Violation.ts"
import {
  isResting,
  openSessions,
  overtakenAfter,
  precision,
  rounding,
  type Session,
  type World,
  waiting
} from "./World.ts"

/**
 * After the last failure no dial begins for at least `least` milliseconds, and one may for at most
 * `most`: a quarter is the jitter, taken off from the backoff, and put upon what the server asks for.
 */
const delays = (world: World): { readonly least: number; readonly most: number } => {
  const { failing, knobs } = world
  if (failing === undefined) return { least: 0, most: 0 }
  const { failures, pause } = failing
  const backoff = Math.min(knobs.redialBase * 2 ** (failures - 1), knobs.redialCap)
  return { least: Math.max(backoff * 0.75, pause), most: Math.max(backoff, pause * 1.25) }
}

/** Until when the pool may keep from dialing because of failures. */
export const dialsUntil = (world: World): number =>
  world.failing === undefined ? world.now : world.failing.lastAt + delays(world).most + precision

/**
 * Invariant 7: each dial after a failure waits longer than the one before, and as long as the server
 * has asked for, however many callers there are.
 */
export const dialsKeepTheirDistance = (world: World): Broken => {
  const { failing, now } = world
  if (failing === undefined) return undefined
  return now - failing.lastAt < delays(world).least - precision
    ? `a dial begins ${now - failing.lastAt} ms after the last of ${failing.failures} failures in a row`
    : undefined
}

/**
 * Invariants 6 and 7: at most so many dials at once as the ramp allows, which is one while nothing is
 * open or dials fail; then one more overtakes a single one that had no answer for long, and of several
 * it takes the place of the last.
 */
export const noMoreDialsThanTheRamp = (world: World): Broken => {
  const { burst, dials, now, overtakenIn, widest } = world
  if (dials.size < widest) return undefined
  const isReplacing = dials.size <= 1 || overtakenIn === burst
  const begun = [...dials].map(({ beganAt }) => now - beganAt)
  return isReplacing && begun.every((age) => age >= overtakenAfter - precision)
    ? undefined
    : `a dial begins beside those of ${begun.join(" ms, ")} ms before, where ${widest} may`
}

/** Invariant 6: what the network has swallowed is given up when a later dial is accepted. */
export const noDialIsLeftBehind = (world: World): Broken => {
  const left = [...world.dials].find((dial) => isLeftBehind(world, dial, overtakenAfter + rounding))
  return left && `dial ${left.id} goes on, which a later one has overtaken`
}

/** Invariant 8: an idle pool opens no connection, and one that ends none either. */
export const nobodyDialsUnasked = ({ burst, closingIn, isClosing, wantedIn }: World): Broken => {
  if (isClosing && closingIn < burst) return "a dial begins, and the pool is closed"
  return wantedIn === burst ? undefined : "a dial begins, and nobody waits"
}

/** Invariant 8: an idle pool sends no byte, unless it is to keep its connections alive. */
export const nothingIsSentUnasked = (world: World, { goodAt, holder, id }: Session): Broken => {
  const { burst, knobs, now, refutedIn, wantedIn } = world
  const isAsked = holder !== undefined || wantedIn === burst || refutedIn === burst
  return isAsked || now - goodAt >= knobs.keepalive - rounding
    ? undefined
    : `session ${id} is validated, and nobody waits`
}

/** What is idle is proven as often as it is to be kept alive. */
export const theIdleAreKeptAlive = (world: World): Broken => {
  const { isClosing, knobs, now, thawedAt } = world
  if (isClosing || knobs.keepalive === Number.POSITIVE_INFINITY) return undefined
  const dueAt = ({ goodAt, usedUntil }: Session) =>
    // The timer may have been set anew at the last moment, by another that came to rest.
    Math.max(goodAt + knobs.keepalive, usedUntil, thawedAt) + 2 * precision
  const silent = openSessions(world).find((session) => isResting(session) && now > dueAt(session))
  return silent && `session ${silent.id} has been silent for ${now - silent.goodAt} ms`
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

/** All dials that the ramp allows are under way, and none takes the place of another. */
const isAllThatMayBe = ({ dials, widest }: World): boolean => widest > 1 && dials.size >= widest

/**
 * Invariant 6: once a dial has succeeded, whoever waits and finds room is dialed for at once, and again
 * where those dials have been silent for long.
 */
export const somebodyDialsForWhoeverWaits = (world: World): Broken => {
  const { dialedAt, dials, failing, knobs, now, thawedAt } = world
  const callers = waiting(world).length
  if (callers === 0 || failing !== undefined || isAllThatMayBe(world)) return undefined
  const open = openSessions(world)
  const isFull = open.length + dials.size >= knobs.max
  if (isFull || open.some(({ proofs }) => proofs > 0)) return undefined
  if (dials.size === 0) return `${callers} callers wait, nothing has failed, and nobody dials`
  return now > Math.max(dialedAt + overtakenAfter, thawedAt) + precision
    ? `${callers} callers wait for ${dials.size} dials, silent for ${now - dialedAt} ms or longer`
    : undefined
}

/** The pool waits for a dial that the network has swallowed, and may not begin another yet, or none. */
export const isSwallowed = (world: World): boolean => {
  const { dialedAt, dials, knobs, now, widest } = world
  if (![...dials].some((dial) => dial.isSwallowed)) return false
  const isReplaced = widest === 1 && dials.size >= 2
  const isFull = openSessions(world).length + dials.size >= knobs.max && !isReplaced
  return isFull || isAllThatMayBe(world) || now - dialedAt < overtakenAfter
}

/** Who can't be served in time, because nothing is open and nothing dialed until then, is told at once. */
export const theHopelessAreToldAtOnce = (world: World): Broken => {
  const { dials, failing, now } = world
  if (failing === undefined || dials.size + openSessions(world).length > 0) return undefined
  const dialedFrom = failing.lastAt + delays(world).least
  const hopeless = waiting(world).find(({ deadline }) => deadline < dialedFrom - precision)
  return hopeless && `caller ${hopeless.id} still waits, with no dial in ${dialedFrom - now} ms`
}

/** Where no dial can succeed, and nothing is open that may come back, nobody is kept waiting. */
export const nobodyIsKeptWaitingInVain = (world: World): Broken => {
  const hopeful = waiting(world).find(({ askedIn }) => askedIn < world.fatalIn)
  return world.fatalIn === world.burst && hopeful
    ? `caller ${hopeful.id} still waits, though no dial can succeed and nothing is open`
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

const isSurplus = (world: World, { usedAt }: Session): boolean => {
  const { burst, dials, knobs, now, sessions } = world
  // Of those closed in the same burst, nobody knows which was closed first.
  const before = [...sessions.values()].filter(({ closingIn = burst }) => closingIn === burst)
  return now - usedAt >= knobs.idleTimeout - rounding && before.length + dials.size > knobs.min
}

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
