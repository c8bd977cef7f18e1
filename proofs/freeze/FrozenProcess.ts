import { readFileSync } from "node:fs"
import { Effect, Redacted, Schedule, type Scope } from "effect"
import { type ProofProcess, startProcess } from "../ProofProcess.ts"
import type { Order, Report } from "./Order.ts"

/** A process with a pool, that can be frozen. */
export interface FrozenProcess extends ProofProcess<Order, Report> {
  /** Stops it, and waits until it has stopped. */
  readonly freeze: Effect.Effect<void>
  /** Lets it go on. */
  readonly thaw: Effect.Effect<void>
}

/** By `/proc/<pid>/stat`, whose third field, behind the name in brackets, is the state. */
const isStopped = (pid: number | undefined): boolean =>
  /\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))

/** Starts a process with a pool for that server; it is killed when the scope closes. */
export const startFrozen = (
  url: Redacted.Redacted<string>
): Effect.Effect<FrozenProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const script = new URL("frozen.main.ts", import.meta.url)
    const started = yield* startProcess<Order, Report>(script, { FROZEN_URL: Redacted.value(url) })
    const { child } = started
    const stopped = Effect.sync(() => isStopped(child.pid))
    return {
      ...started,
      freeze: Effect.zipRight(
        Effect.sync(() => child.kill("SIGSTOP")),
        Effect.repeat(stopped, { until: (is) => is, schedule: Schedule.spaced("1 millis") })
      ).pipe(Effect.asVoid),
      thaw: Effect.sync(() => child.kill("SIGCONT"))
    }
  })
