import { Cause, Exit, Option } from "effect"
import type { PoolStats } from "../../src/pool/Pool.ts"
import { AcquireTimeout, ConnectError, PoolClosed } from "../../src/pool/PoolError.ts"
import type { Broken } from "./Violation.ts"
import { type Caller, openSessions, precision, type World } from "./World.ts"

/** What a borrower fails with by itself, as a failure or as a defect. */
export const ownFailure = "the borrower's own failure"

const isTimely = ({ now }: World, { deadline }: Caller): boolean => now >= deadline - precision

/** Nothing is there, nothing is dialed, and nothing will be before the caller's deadline. */
const isHopeless = (world: World, { deadline }: Caller): boolean => {
  const { dials, failing, knobs, now } = world
  const isBare = openSessions(world).length + dials.size === 0
  return isBare && failing !== undefined && deadline - now <= knobs.redialCap + precision
}

/** What has been served says that those before it will take longer. */
const isForeseen = ({ message }: AcquireTimeout): boolean => message.includes("by the pace of")

const refusal = (world: World, caller: Caller, error: unknown): Broken => {
  if (error instanceof AcquireTimeout) {
    return isTimely(world, caller) || isHopeless(world, caller) || isForeseen(error)
      ? undefined
      : `caller ${caller.id} is given up ${caller.deadline - world.now} ms before its deadline`
  }
  if (error instanceof PoolClosed) {
    return world.isClosing ? undefined : `caller ${caller.id} is told that an open pool is closed`
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
  return wrong && `the pool counts ${wrong} ${stats[wrong]}, and there are ${seen[wrong]}`
}
