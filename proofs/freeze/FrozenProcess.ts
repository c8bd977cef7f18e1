import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { Effect, Queue, Redacted, Schedule, type Scope } from "effect"
import type { Order, Report } from "./Order.ts"

const runner = join(
  dirname(createRequire(import.meta.url).resolve("vite-node/package.json")),
  "vite-node.mjs"
)

const script = fileURLToPath(new URL("frozen.main.ts", import.meta.url))

/** A process with a pool, that can be frozen. */
export interface FrozenProcess {
  /** Stops it, and waits until it has stopped. */
  readonly freeze: Effect.Effect<void>
  /** Lets it go on. */
  readonly thaw: Effect.Effect<void>
  /** Puts an order where it will find it. */
  readonly tell: (order: Order) => Effect.Effect<void>
  /** What it says next. */
  readonly report: Effect.Effect<Report>
}

const start = (url: Redacted.Redacted<string>): ChildProcess =>
  spawn(process.execPath, [runner, script], {
    env: { ...process.env, FROZEN_URL: Redacted.value(url) },
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

/** By `/proc/<pid>/stat`, whose third field, behind the name in brackets, is the state. */
const isStopped = (pid: number | undefined): boolean =>
  /\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))

/** Starts a process with a pool for that server; it is killed when the scope closes. */
export const startFrozen = (
  url: Redacted.Redacted<string>
): Effect.Effect<FrozenProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => start(url)),
      end
    )
    const reports = yield* Queue.unbounded<Report>()
    child.on("message", (report: Report) => reports.unsafeOffer(report))
    const stopped = Effect.sync(() => isStopped(child.pid))
    return {
      freeze: Effect.zipRight(
        Effect.sync(() => child.kill("SIGSTOP")),
        Effect.repeat(stopped, { until: (is) => is, schedule: Schedule.spaced("1 millis") })
      ).pipe(Effect.asVoid),
      thaw: Effect.sync(() => child.kill("SIGCONT")),
      tell: (order) =>
        Effect.async((resume) => {
          child.send(order, () => resume(Effect.void))
        }),
      report: Queue.take(reports)
    }
  })
