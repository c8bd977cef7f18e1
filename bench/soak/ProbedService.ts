import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { Effect, Redacted, Schedule, type Scope } from "effect"
import { ProofFailed } from "../../proofs/Proof.ts"
import { freePort } from "../../src/testing/FreePort.ts"
import { statusOf } from "../../test/support/ServiceProcess.ts"

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
    ["--expose-gc", "--import", path("probe.mjs"), path("../../dist/main.js")],
    {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: "production",
        DATABASE_URL: Redacted.value(database),
        AUTH_THROTTLE: "off",
        PORT: String(port)
      },
      stdio: ["ignore", "ignore", "inherit", "ipc"]
    }
  )

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null

const end = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (hasEnded(child)) return
    const exit = once(child, "exit")
    child.kill("SIGTERM")
    await Promise.race([exit, sleep(15_000, undefined, { ref: false })])
    if (!hasEnded(child)) child.kill("SIGKILL")
    await exit
  })

const ended = new ProofFailed({ message: "The service ended by itself" })

const told = (child: ChildProcess): Effect.Effect<Holding, ProofFailed> =>
  Effect.async((resume) => {
    const hear = (holding: Holding) => resume(Effect.succeed(holding))
    const fail = () => resume(ended)
    child.once("message", hear).once("exit", fail)
    if (hasEnded(child)) fail()
    else child.send("How much?")
    return Effect.sync(() => child.off("message", hear).off("exit", fail))
  }).pipe(
    Effect.timeoutFail({
      duration: "20 seconds",
      onTimeout: () => new ProofFailed({ message: "The service did not tell what it holds" })
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
      end
    )
    yield* statusOf(`http://127.0.0.1:${port}/health`).pipe(
      Effect.retry({ while: () => !hasEnded(child), schedule: Schedule.spaced("100 millis") }),
      Effect.timeout("1 minute"),
      Effect.mapError(() => new ProofFailed({ message: "The service does not start" }))
    )
    return { port, holding: told(child) }
  })
