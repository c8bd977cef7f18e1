import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, type Redacted, type Scope } from "effect"
import { type Address, FaultProxy, type FaultProxyError } from "../../src/testing/index.ts"
import { type Freeze, victimsOf } from "./Freeze.ts"
import { type FrozenProcess, startFrozen } from "./FrozenProcess.ts"
import type { Reply, Report } from "./Order.ts"

/** The server of a frozen process, and a client to end its backends with. */
export interface Server {
  readonly address: Address
  readonly url: Redacted.Redacted<string>
  readonly direct: SqlClient
}

/** What came of one freeze. */
export interface Thaw {
  readonly freeze: Freeze
  readonly reply: Reply
  /** Connections that had ended when the process went on. */
  readonly ended: number
}

/** Long enough for what the server sent last to have gone through the proxy. */
const passing = Duration.millis(2)

/** A backend's sockets are closed once its process is gone, which is after it was told to end. */
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "ESRCH"
  }
}

const terminate = ({ direct: sql }: Server, pids: ReadonlyArray<number>) =>
  sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE ${sql.in("pid", pids)}`.pipe(
    Effect.zipRight(
      Effect.repeat(
        Effect.delay(
          Effect.sync(() => pids.every(isGone)),
          "1 millis"
        ),
        {
          until: (areGone) => areGone
        }
      )
    ),
    Effect.as(pids.length)
  )

const strike = (
  server: Server,
  proxy: FaultProxy["Type"],
  freeze: Freeze,
  backends: ReadonlyArray<number>
): Effect.Effect<number, SqlError> => {
  switch (freeze.ending) {
    case "terminated":
      return terminate(server, victimsOf(freeze, backends))
    case "closed":
      return proxy.closeAll
    case "reset":
      return proxy.resetAll
  }
}

/** A timer runs out while the process is frozen, if that comes soon enough. */
const timer = 25

const answer = (report: Report) =>
  report._tag === "Answered"
    ? Effect.succeed<Reply>(report)
    : Effect.dieMessage(`the frozen process said ${report._tag} where its answer was due`)

/** Sets the timer of the process; returns when it runs out. */
const setTimer = ({ report, tell }: FrozenProcess, { way }: Freeze) =>
  Effect.flatMap(Effect.zipRight(tell({ way, after: timer }), report), (said) =>
    said._tag === "TimerSet"
      ? Effect.succeed(said.dueAt)
      : Effect.dieMessage(`the frozen process said ${said._tag} where it had to set a timer`)
  )

/** A process with a pool behind a proxy, and how it is frozen. */
export interface Stage {
  readonly server: Server
  readonly proxy: FaultProxy["Type"]
  readonly process: FrozenProcess
  /** Those of its connections. */
  backends: ReadonlyArray<number>
}

/** Starts a process with a pool of {@link connections}, all of them open. */
export const makeStage = (server: Server): Effect.Effect<Stage, FaultProxyError, Scope.Scope> =>
  Effect.gen(function* () {
    const proxy = yield* FaultProxy.make({ upstream: server.address })
    const process = yield* startFrozen(proxy.url(server.url))
    const said = yield* process.report
    const backends = said._tag === "Connected" ? said.backends : []
    return { server, proxy, process, backends }
  })

/** Undefined where the process was stopped only after its timer had run out. */
const attempt = (stage: Stage, freeze: Freeze): Effect.Effect<Thaw | undefined, SqlError> =>
  Effect.gen(function* () {
    const { process, proxy, server } = stage
    const { occasion, way } = freeze
    const order = process.tell({ way, after: undefined })
    yield* Effect.sleep(freeze.idle)
    const dueAt = occasion === "timer" ? yield* setTimer(process, freeze) : undefined
    yield* process.freeze
    const stoppedAt = Date.now()
    if (occasion === "before") yield* order
    const ended = yield* strike(server, proxy, freeze, stage.backends)
    yield* Effect.sleep(passing)
    if (occasion === "after") yield* order
    const until = Math.max(stoppedAt + freeze.millis, (dueAt ?? 0) + 1)
    yield* Effect.sleep(Math.max(0, until - Date.now()))
    yield* process.thaw
    const reply = yield* Effect.flatMap(process.report, answer)
    stage.backends = reply.backends
    return dueAt !== undefined && stoppedAt >= dueAt - 1 ? undefined : { freeze, reply, ended }
  })

/** Freezes the process once, lets its connections end, and has a statement run on each. */
export const freezeOnce = (stage: Stage, freeze: Freeze): Effect.Effect<Thaw, SqlError> =>
  Effect.repeat(attempt(stage, freeze), { until: (thaw) => thaw !== undefined }).pipe(
    Effect.flatMap(Effect.fromNullable),
    Effect.catchTag("NoSuchElementException", Effect.die)
  )
