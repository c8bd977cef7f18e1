import { type ChildProcess, spawn } from "node:child_process"
import * as Net from "node:net"
import { fileURLToPath } from "node:url"
import { Deferred, Effect, Schedule, type Scope } from "effect"
import { freePort } from "../../src/testing/FreePort.ts"

const main = fileURLToPath(new URL("../../dist/program/main.js", import.meta.url))

/** The built service in a process of its own. */
export interface ServiceProcess {
  readonly url: string
  readonly pid: number
  /** What it has written so far, on both outputs. */
  readonly output: () => string
  /** Its exit code, or the signal that ended it. */
  readonly exit: Effect.Effect<number | NodeJS.Signals>
  readonly signal: (name: NodeJS.Signals) => Effect.Effect<void>
  /** Ends when it answers. */
  readonly listening: Effect.Effect<void>
}

export interface ServiceProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Where it is started; an embedded server would keep its data there. */
  readonly directory?: string
}

/** A request's status, or why there was none. */
export const statusOf = (url: string) => Effect.tryPromise(async () => (await fetch(url)).status)

/** The port of the embedded server, as the service tells it. */
export const embeddedPort = ({ output }: ServiceProcess): number =>
  Number(/embedded PostgreSQL on port (\d+)/.exec(output())?.[1])

/** Whether anything accepts connections at this port. */
export const isListening = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const socket = Net.connect({ host: "127.0.0.1", port })
    socket.on("connect", () => resume(Effect.succeed(true)))
    socket.on("error", () => resume(Effect.succeed(false)))
    return Effect.sync(() => socket.destroy())
  })

const environment = (port: number, env: Readonly<Record<string, string>> = {}) => {
  const { DATABASE_URL: _1, NEON_DB_URL: _2, NODE_ENV: _3, ...inherited } = process.env
  return { ...inherited, PORT: String(port), AUTH_THROTTLE: "off", ...env }
}

const kill = (child: ChildProcess) => Effect.sync(() => child.kill("SIGKILL"))

/** Starts the service; what is left of it at the end of the scope is killed. */
export const startService = ({
  directory,
  env
}: ServiceProcessOptions = {}): Effect.Effect<ServiceProcess, never, Scope.Scope> =>
  Effect.gen(function* () {
    const port = yield* Effect.orDie(freePort)
    const exited = yield* Deferred.make<number | NodeJS.Signals>()
    const chunks: Array<string> = []
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn(process.execPath, [main], { cwd: directory, env: environment(port, env) })
      ),
      (child) => Effect.zipRight(kill(child), Effect.ignore(Deferred.await(exited)))
    )
    child.stdout.on("data", (chunk) => chunks.push(String(chunk)))
    child.stderr.on("data", (chunk) => chunks.push(String(chunk)))
    child.on("close", (code, signal) => {
      Deferred.unsafeDone(exited, Effect.succeed(code ?? signal ?? 0))
    })
    const url = `http://127.0.0.1:${port}`
    return {
      url,
      pid: child.pid ?? 0,
      output: () => chunks.join(""),
      exit: Deferred.await(exited),
      signal: (name) => Effect.sync(() => child.kill(name)),
      listening: Effect.retry(statusOf(`${url}/health`), Schedule.spaced("100 millis")).pipe(
        Effect.timeout("1 minute"),
        Effect.orDie,
        Effect.asVoid
      )
    }
  })
