import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, Redacted, Schedule, type Scope } from "effect"
import { ProofFailed } from "../../proofs/Proof.ts"
import { freePort } from "../../src/testing/FreePort.ts"
import { statusOf } from "../../test/support/ServiceProcess.ts"
import { endGroup, hasEnded } from "../http/ProcessGroup.ts"

/** What a process holds: bytes of the heap after a collection, resident bytes, and handles. */
export interface Holding {
  readonly heap: number
  readonly rss: number
  /** `process.getActiveResourcesInfo()`: sockets, timers and what is under way. */
  readonly handles: number
  readonly sockets: number
}

/** The built service in a process of its own, which tells what it holds. */
export interface ProbedService {
  readonly port: number
  readonly holding: Effect.Effect<Holding, ProofFailed>
}

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

const start = (database: Redacted.Redacted<string>, port: number): ChildProcess =>
  spawn(
    process.execPath,
    ["--expose-gc", "--import", path("probe.mjs"), path("../../dist/program/main.js")],
    {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: "production",
        DATABASE_URL: Redacted.value(database),
        AUTH_THROTTLE: "off",
        PORT: String(port)
      },
      detached: true,
      stdio: ["ignore", "ignore", "inherit", "ipc"]
    }
  )

const said = (child: ChildProcess): Effect.Effect<Holding> =>
  Effect.async((resume) => {
    const hear = (holding: Holding) => resume(Effect.succeed(holding))
    child.once("message", hear)
    if (child.connected) child.send("How much?")
    return Effect.sync(() => child.off("message", hear))
  })

const failed = (message: string) => new ProofFailed({ message })

const told = (child: ChildProcess, gone: Deferred.Deferred<never, ProofFailed>) =>
  said(child).pipe(
    Effect.raceFirst(Deferred.await(gone)),
    Effect.timeoutFail({
      duration: "20 seconds",
      onTimeout: () => failed("The service did not tell what it holds")
    })
  )

/** Starts the service on a database; it ends with the scope. */
export const probedService = (
  database: Redacted.Redacted<string>
): Effect.Effect<ProbedService, ProofFailed, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* Effect.orDie(freePort)
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => start(database, port)),
      endGroup
    )
    const gone = yield* Deferred.make<never, ProofFailed>()
    child.once("exit", () => {
      Deferred.unsafeDone(gone, failed("The service ended by itself"))
    })
    yield* statusOf(`http://127.0.0.1:${port}/health`).pipe(
      Effect.retry({ while: () => !hasEnded(child), schedule: Schedule.spaced("100 millis") }),
      Effect.timeout("1 minute"),
      Effect.mapError(() => failed("The service does not start"))
    )
    return { port, holding: told(child, gone) }
  })
