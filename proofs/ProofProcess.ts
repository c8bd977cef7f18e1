import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Queue, type Scope } from "effect"

const runner = join(
  dirname(createRequire(import.meta.url).resolve("vite-node/package.json")),
  "vite-node.mjs"
)

/** A process beside the proof's own, that does what it is told. */
export interface ProofProcess<Order, Report> {
  readonly child: ChildProcess
  /** Puts an order where it will find it. */
  readonly tell: (order: Order) => Effect.Effect<void>
  /** What it says next. */
  readonly report: Effect.Effect<Report>
}

const start = (script: URL, environment: Readonly<Record<string, string>>): ChildProcess =>
  spawn(process.execPath, [runner, fileURLToPath(script)], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "ignore", "inherit", "ipc"]
  })

// A stopped process is ended by SIGKILL alone.
const end = (child: ChildProcess) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, "exit")
    child.kill("SIGKILL")
    await exit
  })

/** Starts a script, which talks by `process.send`; it is killed when the scope closes. */
export const startProcess = <Order extends object, Report>(
  script: URL,
  environment: Readonly<Record<string, string>> = {}
): Effect.Effect<ProofProcess<Order, Report>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => start(script, environment)),
      end
    )
    const reports = yield* Queue.unbounded<Report>()
    child.on("message", (report: Report) => reports.unsafeOffer(report))
    return {
      child,
      tell: (order: Order) =>
        Effect.async<void>((resume) => {
          child.send(order, () => resume(Effect.void))
        }),
      report: Queue.take(reports)
    }
  })
