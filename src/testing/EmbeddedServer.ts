import { Deferred, type Duration, Effect, Option, Schedule, type Scope } from "effect"
import { killBackends } from "./Backends.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { freePort } from "./FreePort.ts"
import { freeze, thaw } from "./Freezing.ts"
import { kill, type PostmasterPlan, startPostmaster } from "./Postmaster.ts"
import { clearLeftover } from "./PostmasterFile.ts"
import { type RunningProgram, signalProgram } from "./Program.ts"

/** How a server is asked to stop: see `EmbeddedPostgres.stop`. */
export type StopMode = "smart" | "fast" | "immediate"

/** One server that is started and stopped, always on the same port and data. */
export interface EmbeddedServer {
  readonly port: number
  readonly processId: Effect.Effect<number>
  readonly start: Effect.Effect<void, EmbeddedPostgresError>
  readonly stop: (mode: StopMode) => Effect.Effect<void, EmbeddedPostgresError>
  readonly restart: (mode: StopMode) => Effect.Effect<void, EmbeddedPostgresError>
  readonly crash: Effect.Effect<void>
  readonly freeze: Effect.Effect<void>
  readonly thaw: Effect.Effect<void>
  readonly killSessions: Effect.Effect<number>
}

/** The latest server, and what it was told. Changes only between two turns. */
interface Tenure {
  server: RunningProgram | undefined
  isLeaving: boolean
  isFrozen: boolean
}

const signals = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" } as const

// As long as pg_ctl waits.
const stopDeadline = "60 seconds"

const notStopped = (pid: number) =>
  new EmbeddedPostgresError({
    reason: "StopFailed",
    message: `The embedded Postgres (pid ${pid}) was asked to stop and still runs after a minute. A \
smart stop waits until every client has left. Close them, or stop it with "immediate".`
  })

/** Asks it to stop and answers whether it ended in time. */
const endBy = (server: RunningProgram, mode: StopMode, deadline: Duration.DurationInput) =>
  Effect.andThen(signalProgram(server, signals[mode]), Deferred.await(server.ended)).pipe(
    Effect.interruptible,
    Effect.timeoutOption(deadline),
    Effect.map(Option.isSome)
  )

const frozen = ({ watcher }: PostmasterPlan, tenure: Tenure) => {
  tenure.isFrozen = true
  return tenure.server === undefined ? Effect.void : freeze(tenure.server, watcher)
}

const thawed = ({ watcher }: PostmasterPlan, tenure: Tenure) => {
  tenure.isFrozen = false
  return tenure.server === undefined ? Effect.void : thaw(tenure.server, watcher)
}

const sessionsKilled = Effect.fn("EmbeddedServer.killSessions")(function* (tenure: Tenure) {
  const { isFrozen, server } = tenure
  if (server === undefined || (yield* Deferred.isDone(server.ended))) return 0
  return yield* killBackends(server.pid, isFrozen ? "0 seconds" : "5 seconds")
})

/**
 * Kills it. The system may take its time to bury what was killed: who starts it again waits for that,
 * rather than take it for running.
 */
const crashed = (tenure: Tenure) => {
  tenure.isLeaving = true
  return tenure.server === undefined ? Effect.void : kill(tenure.server)
}

/** Ends it by all means: politely, then as in an emergency, then by force. */
const shutDown = Effect.fn("EmbeddedServer.shutDown")(function* (
  plan: PostmasterPlan,
  tenure: Tenure
) {
  const { server } = tenure
  if (server === undefined) return
  yield* thawed(plan, tenure)
  if (yield* endBy(server, "fast", "10 seconds")) return
  if (yield* endBy(server, "immediate", "10 seconds")) return
  yield* kill(server)
})

const startOn = (plan: PostmasterPlan, tenure: Tenure, port: number) =>
  startPostmaster(plan, port, (server) => {
    tenure.server = server
    tenure.isLeaving = false
    tenure.isFrozen = false
  }).pipe(Effect.as(port))

const portTaken = (error: EmbeddedPostgresError) => error.reason === "PortInUse"

const startFirst = (plan: PostmasterPlan, tenure: Tenure, wanted: number | undefined) =>
  wanted !== undefined
    ? startOn(plan, tenure, wanted)
    : // Between finding a port free and listening on it, another may take it.
      Effect.flatMap(freePort, (port) => startOn(plan, tenure, port)).pipe(
        Effect.retry({ while: portTaken, times: 5 })
      )

// While the server was down, the system may have lent its port to an outgoing connection.
const whileTaken = Schedule.spaced("100 millis").pipe(Schedule.intersect(Schedule.recurs(50)))

const startAgain = Effect.fn("EmbeddedServer.start")(function* (
  plan: PostmasterPlan,
  tenure: Tenure,
  port: number
) {
  const { server, isLeaving } = tenure
  if (server !== undefined && !(yield* Deferred.isDone(server.ended))) {
    if (!isLeaving) return
    const left = yield* Effect.timeoutOption(Deferred.await(server.ended), stopDeadline)
    if (Option.isNone(left)) return yield* notStopped(server.pid)
  }
  yield* clearLeftover(plan.data)
  yield* Effect.retry(startOn(plan, tenure, port), { while: portTaken, schedule: whileTaken })
})

const stop = Effect.fn("EmbeddedServer.stop")(function* (
  plan: PostmasterPlan,
  tenure: Tenure,
  mode: StopMode
) {
  const { server } = tenure
  if (server === undefined) return
  // A frozen server would not hear it.
  yield* thawed(plan, tenure)
  tenure.isLeaving = true
  if (!(yield* endBy(server, mode, stopDeadline))) return yield* notStopped(server.pid)
})

/**
 * A server that runs until the scope closes, on `wanted` or on a free port. Closing ends it, by
 * force if it will not stop. For who has claimed the directory: a server found there is ended.
 */
export const makeServer = (
  plan: PostmasterPlan,
  wanted: number | undefined
): Effect.Effect<EmbeddedServer, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    const tenure: Tenure = { server: undefined, isLeaving: false, isFrozen: false }
    const turn = (yield* Effect.makeSemaphore(1)).withPermits(1)
    yield* clearLeftover(plan.data)
    yield* Effect.addFinalizer(() => shutDown(plan, tenure))
    const port = yield* startFirst(plan, tenure, wanted)
    const start = startAgain(plan, tenure, port)
    return {
      port,
      processId: Effect.sync(() => tenure.server?.pid ?? 0),
      start: turn(start),
      stop: (mode) => turn(stop(plan, tenure, mode)),
      restart: (mode) => turn(Effect.andThen(stop(plan, tenure, mode), start)),
      crash: turn(Effect.suspend(() => crashed(tenure))),
      freeze: turn(Effect.suspend(() => frozen(plan, tenure))),
      thaw: turn(Effect.suspend(() => thawed(plan, tenure))),
      killSessions: Effect.suspend(() => sessionsKilled(tenure))
    }
  })
