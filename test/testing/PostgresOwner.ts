import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"

/** What an owner says once it has its server, or has none. */
export interface OwnerReport {
  readonly server: number
  readonly url: string
  readonly reason?: string
  readonly message?: string
}

/** A process of its own that owns an embedded server. */
export interface PostgresOwner {
  readonly pid: number
  readonly report: OwnerReport
  /** Ends the owner and waits until it has ended. By SIGUSR2 it freezes its server and dies. */
  readonly kill: (name: NodeJS.Signals) => Effect.Effect<void>
}

const runner = join(
  dirname(
    createRequire(createRequire(import.meta.url).resolve("vitest/package.json")).resolve(
      "vite-node/package.json"
    )
  ),
  "vite-node.mjs"
)

const script = fileURLToPath(new URL("postgresOwner.main.ts", import.meta.url))

/** By which root becomes an ordinary user who can still read this checkout, wherever it is. */
const asNobody = [
  "setpriv",
  "--reuid=65534",
  "--regid=65534",
  "--clear-groups",
  "--securebits=+no_setuid_fixup",
  "--inh-caps=-all,+dac_override",
  "--ambient-caps=-all,+dac_override",
  "--"
]

const end = (child: ChildProcess, name: NodeJS.Signals) =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, "exit")
    child.kill(name)
    await exit
  })

/**
 * Starts an owner on a directory, or on a temporary one, and waits for its report. With `ordinary`
 * it is not root even where the tests are. It is killed when the scope closes.
 */
export const startOwner = (options: {
  readonly directory?: string
  readonly ordinary?: boolean
}): Effect.Effect<PostgresOwner, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { directory, ordinary = false } = options
    const prefix = ordinary && process.getuid?.() === 0 ? asNobody : []
    const [file = "", ...args] = [
      ...prefix,
      process.execPath,
      runner,
      script,
      directory ?? []
    ].flat()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] })),
      (each) => end(each, "SIGKILL")
    )
    const report = yield* Effect.promise(async (): Promise<OwnerReport> => {
      for await (const line of createInterface(child.stdout)) return JSON.parse(line)
      throw new Error("The owner has ended without a report.")
    })
    return { pid: child.pid ?? 0, report, kill: (name) => end(child, name) }
  })
