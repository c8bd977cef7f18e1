import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, type Scope } from "effect"

const main = fileURLToPath(new URL("../../dist/program/holdfast.js", import.meta.url))

/** How a command ended. */
export interface Ended {
  /** Its exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

/** The built command in a process of its own. */
export interface HoldfastProcess {
  readonly ended: Effect.Effect<Ended>
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
  /** What it has written so far to its standard output. */
  readonly printed: () => string
}

/** The environment without any database but those given, and not the one of production. */
const environment = (env: Readonly<Record<string, string>>) => {
  const { DATABASE_URL: _1, NEON_DB_URL: _2, NODE_ENV: _3, ...inherited } = process.env
  return { ...inherited, ...env }
}

/** Starts `holdfast` with arguments; what is left of it at the end of the scope is killed. */
export const startHoldfast = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<HoldfastProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ended = yield* Deferred.make<Ended>()
    const written = { stdout: "", stderr: "" }
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(process.execPath, [main, ...args], { env: environment(env) })),
      (child) =>
        Effect.zipRight(
          Effect.sync(() => child.kill("SIGKILL")),
          Deferred.await(ended)
        )
    )
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk) => {
        written[name] += String(chunk)
      })
    }
    child.on("close", (code, signal) => {
      Deferred.unsafeDone(ended, Effect.succeed({ code: code ?? signal ?? 0, ...written }))
    })
    return {
      ended: Deferred.await(ended),
      signal: (name) => Effect.sync(() => child.kill(name)),
      printed: () => written.stdout
    }
  })

/** Runs it to its end. */
export const runHoldfast = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<Ended> =>
  Effect.scoped(Effect.flatMap(startHoldfast(args, env), ({ ended }) => ended))
