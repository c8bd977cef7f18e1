import { Cause, Exit, Option } from "effect"
import { AcquireTimeout, ConnectError, PoolClosed, QueueFull } from "../../src/pool/PoolError.ts"
import type { PoolStats } from "../../src/pool/PoolStats.ts"
import { dialsUntil } from "./Dialing.ts"
import type { Broken } from "./Violation.ts"
import {
  type Caller,
  isResting,
  openSessions,
  precision,
  rounding,
  type Session,
  type World
} from "./World.ts"

/** What a borrower fails with by itself, as a failure or as a defect. */
export const ownFailure = "the borrower's own failure"

const isTimely = ({ now }: World, { deadline }: Caller): boolean => now >= deadline - precision

/** Nothing is there, nothing is dialed, and nothing will be before the caller's deadline. */
const isHopeless = (world: World, { deadline }: Caller): boolean => {
  const { burst, excusedIn } = world
  // What came back in this burst, or is about to because it is not good, may have been given up.
  const isThere = (session: Session) =>
    !session.isRefuted && (!isResting(session) || Math.max(session.restedIn, excusedIn) < burst)
  const isBare = world.dials.size === 0 && !openSessions(world).some(isThere)
  return isBare && dialsUntil(world) >= deadline - precision
}

/** The part of its deadline that a caller may have to wait, by the pace of the queue. */
const foreseeable = 0.75

/** It came behind so many that it would have had to leave before it is served, or nearly. */
const isForeseen = ({ burst, foreseenWait, knobs }: World, { askedIn }: Caller): boolean =>
  askedIn === burst && foreseenWait > knobs.acquireTimeout * foreseeable - rounding

/** As many as may waited when it came. */
const isBeyondTheBound = ({ burst, crowd, knobs }: World, { askedIn }: Caller): boolean =>
  askedIn === burst && crowd > knobs.maxWaiting

const refusal = (world: World, caller: Caller, error: unknown): Broken => {
  if (error instanceof AcquireTimeout) {
    return isTimely(world, caller) || isHopeless(world, caller) || isForeseen(world, caller)
      ? undefined
      : `caller ${caller.id} is given up ${caller.deadline - world.now} ms before its deadline`
  }
  if (error instanceof PoolClosed) {
    return world.isClosing ? undefined : `caller ${caller.id} is told that an open pool is closed`
  }
  if (error instanceof QueueFull) {
    return isBeyondTheBound(world, caller)
      ? undefined
      : `caller ${caller.id} is told that the queue is full, where at most ${world.crowd} waited`
  }
  if (!(error instanceof ConnectError)) return `caller ${caller.id} fails with ${error}`
  const isTrue =
    caller.way === "check"
      ? !error.isFatal || world.fatalIn === world.burst
      : error.isFatal && world.fatalIn === world.burst
  return isTrue
    ? undefined
    : `caller ${caller.id} fails with "${error.message}", which it had not to`
}

/** Invariant 3: an acquire ends with a connection, a typed error, or its own interruption. */
export const everyAnswerIsTyped = (
  world: World,
  { caller, exit }: { readonly caller: Caller; readonly exit: Exit.Exit<unknown, unknown> }
): Broken => {
  if (Exit.isSuccess(exit)) return undefined
  const { cause } = exit
  if (Cause.isInterruptedOnly(cause)) {
    return caller.isInterrupted ? undefined : `caller ${caller.id} ends as interrupted, unasked`
  }
  const defect = Option.getOrUndefined(Cause.dieOption(cause))
  if (defect !== undefined && defect !== ownFailure) {
    return `caller ${caller.id} ends with a defect: ${Cause.pretty(cause)}`
  }
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  return failure === undefined || failure === ownFailure
    ? undefined
    : refusal(world, caller, failure)
}

/** A pool that has been drained waits for whatever it has opened. */
export const aDrainedPoolHasNothing = ({ sessions }: World): Broken =>
  sessions.size > 0 ? `the pool is drained, and ${sessions.size} sessions are open` : undefined

/** What the pool says of itself is what can be seen from outside. */
export const theCountsAgree = (world: World, stats: PoolStats): Broken => {
  const callers = [...world.callers]
  const sessions = [...world.sessions.values()].filter(({ closingIn }) => closingIn === undefined)
  const active = sessions.filter(({ holder, proofs }) => holder !== undefined || proofs > 0).length
  const seen = {
    waiting: callers.filter(({ phase }) => phase === "asking").length,
    active,
    idle: sessions.length - active,
    connecting: world.dials.size,
    total: sessions.length + world.dials.size
  }
  const wrong = (["waiting", "active", "idle", "connecting", "total"] as const).find(
    (count) => stats[count] !== seen[count]
  )
  if (wrong) return `the pool counts ${wrong} ${stats[wrong]}, and there are ${seen[wrong]}`
  if (world.mayHaveLapsed) return undefined
  const isFailing = world.failing !== undefined
  return isFailing === (stats.breaker === "closed")
    ? `the breaker is ${stats.breaker}, and dials ${isFailing ? "fail" : "do not fail"}`
    : undefined
}
