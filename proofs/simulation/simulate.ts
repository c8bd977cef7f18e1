import { Cause, Exit, Option } from "effect"
import { ConnectError } from "../../src/pool/PoolError.ts"
import type { Program, Step } from "./Program.ts"
import { pauses } from "./ServerWords.ts"
import { type Options, Simulation } from "./Simulation.ts"
import type { Broken } from "./Violation.ts"
import { isResting, openSessions, precision, type Session, type World } from "./World.ts"

/** How much one run was. */
export interface Figures {
  readonly steps: number
  readonly bursts: number
}

/** Building a pool succeeds, or fails with a typed error. */
const buildingEndsTyped = (_: World, { building }: Simulation): Broken => {
  const exit = building.unsafePoll()
  if (exit === null || Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause)) return undefined
  const error = Option.getOrUndefined(Cause.failureOption(exit.cause))
  return error instanceof ConnectError ? undefined : Cause.pretty(exit.cause)
}

/** Invariant 5: when everybody has given back, nobody has anything. */
const nothingIsHeld = (world: World): Broken => {
  const { callers, knobs } = world
  // A proof that keeps an idle connection alive may have begun just now.
  const isHeld = (session: Session) =>
    knobs.keepalive === Number.POSITIVE_INFINITY
      ? !isResting(session)
      : session.holder !== undefined
  const held = openSessions(world).filter(isHeld)
  return callers.size + held.length > 0
    ? `${callers.size} callers and ${held.length} lent sessions are left, though everybody has ended`
    : undefined
}

/** Invariant 8: what is idle above the minimum is closed in time. */
const theSurplusRetires = (world: World): Broken => {
  const open = openSessions(world).length
  return open > world.knobs.min
    ? `${open} connections are open after an idle time, where the minimum is ${world.knobs.min}`
    : undefined
}

const nothingOutlivesItsLifetime = (world: World): Broken => {
  const open = openSessions(world).length
  return open > 0 ? `${open} connections are open after their lifetime` : undefined
}

const drainingEnds = (_: World, { draining }: Simulation): Broken =>
  draining?.unsafePoll() === null
    ? "the pool is not drained, though everybody has given back"
    : undefined

/** Invariant 6: whatever has happened, the pool serves again. */
const thePoolServesAgain = ({ callers }: World): Broken =>
  callers.size > 0 ? "a caller is not served, though all is well" : undefined

/** Invariant 5: a closed pool leaves nothing open, no caller, and no timer. */
const nothingIsLeft = (world: World, { timeline }: Simulation): Broken => {
  const { callers, dials, sessions } = world
  return callers.size + dials.size + sessions.size + timeline.pending > 0
    ? `${callers.size} callers, ${dials.size} dials, ${sessions.size} sessions and ${timeline.pending} timers are left of a closed pool`
    : undefined
}

/** Who has a connection gets as long to give it back as a goodbye may take; dials may still land. */
const closingTime = ({ knobs: { closeTimeout, connectTimeout } }: World): number =>
  2 * (closeTimeout + precision) + connectTimeout

const closingEndsInTime = (world: World, isClosed: boolean): Broken =>
  isClosed ? undefined : `the pool is not closed after ${closingTime(world)} ms`

const nothing = (after: number): Step => ({ after, act: { _tag: "Nothing" } })

const stopAll = ({ observer }: Simulation) => {
  for (const { phase, stop } of observer.callers) if (phase === "holding") stop?.()
}

const lastCaller = { _tag: "Borrow", callers: 1, way: "use", hold: 1, ending: "succeeds" } as const

/** The world is kind: everybody is served, the pool falls silent, and serves once more. */
const calm = (simulation: Simulation): void => {
  const { observer } = simulation
  const { acquireTimeout, connectTimeout, idleTimeout, maxLifetime, validateTimeout } =
    observer.knobs
  const acts: ReadonlyArray<Step["act"]> = [
    { _tag: "Welcome", welcome: "accepted" },
    { _tag: "Room", sessions: Number.POSITIVE_INFINITY },
    { _tag: "Slow", connect: 5, trip: 1, close: 1 }
  ]
  for (const act of acts) simulation.play({ after: 1, act })
  const patience = acquireTimeout + 2 * validateTimeout + precision
  for (let waited = 0; waited <= patience && observer.callers.size > 0; waited += 50) {
    stopAll(simulation)
    simulation.play(nothing(50))
  }
  // A dial may get six times its time, and what was found dead has its siblings proven.
  simulation.play(nothing(6 * connectTimeout + 2 * validateTimeout + precision))
  observer.demand(nothingIsHeld, undefined)
  simulation.play(nothing(idleTimeout + precision))
  observer.demand(theSurplusRetires, undefined)
  simulation.play(nothing(maxLifetime))
  observer.demand(nothingOutlivesItsLifetime, undefined)
  observer.demand(drainingEnds, simulation)
  if (simulation.pool === undefined || observer.isClosing) return
  // The server may have asked not to be dialed.
  simulation.play(nothing(1.25 * pauses.usedUp))
  simulation.play({ after: 0, act: lastCaller })
  simulation.play(nothing(100))
  observer.demand(thePoolServesAgain, undefined)
}

const close = (simulation: Simulation): void => {
  const { observer } = simulation
  const closing = simulation.close()
  simulation.play({ after: 0, act: lastCaller })
  simulation.play(nothing(closingTime(observer)))
  observer.demand(closingEndsInTime, closing.unsafePoll() !== null)
  stopAll(simulation)
  simulation.play(nothing(1))
  observer.demand(nothingIsLeft, simulation)
  simulation.check()
}

const run = (program: Program, options: Options): Figures => {
  const simulation = new Simulation(program, options)
  const { observer } = simulation
  for (const step of program.steps) simulation.play(step)
  simulation.play(nothing(1))
  observer.demand(buildingEndsTyped, simulation)
  if (!program.isAbrupt) calm(simulation)
  close(simulation)
  return { steps: program.steps.length, bursts: observer.burst }
}

/** Runs a program. Throws the first `Violation`. */
export const simulate = (program: Program, options: Options = {}): Figures => {
  // Errors are made by the thousand here, and nobody reads where.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return run(program, options)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
