import { type FileHandle, open } from "node:fs/promises"
import { Deferred, Duration, Effect, Option, Schedule } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { host } from "./FreePort.ts"
import { onDisk } from "./onDisk.ts"
import { readPostmasterFile } from "./PostmasterFile.ts"
import { awaitGone, processTable } from "./ProcessTable.ts"
import {
  type Ending,
  type RunningProgram,
  signal,
  signalProgram,
  startProgram,
  type Watcher
} from "./Program.ts"
import type { ServerAccount } from "./ServerAccount.ts"

/** What a server is started with. */
export interface PostmasterPlan {
  readonly postgres: string
  readonly account: ServerAccount
  readonly data: string
  /** The file its log is appended to. */
  readonly log: string
  readonly settings: Readonly<Record<string, string>>
  readonly startTimeout: Duration.DurationInput
  readonly watcher: Watcher
}

const programOf = ({ account, postgres, data, settings }: PostmasterPlan, port: number) => {
  const fixed = { listen_addresses: host, unix_socket_directories: "", ...settings }
  return account.program(postgres, [
    "-D",
    data,
    ...Object.entries(fixed).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    "-p",
    String(port)
  ])
}

const openLog = (path: string) =>
  Effect.acquireRelease(
    onDisk(`The log ${path} can't be opened`, () => open(path, "a+", 0o600)),
    (file) => Effect.ignoreLogged(onDisk("", () => file.close()))
  )

/** The last lines of what has been logged since `start`. */
const tailOf = (file: FileHandle, start: number) =>
  onDisk("The log can't be read", async () => {
    const { size } = await file.stat()
    const from = Math.max(start, size - 4096)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, from)
    return buffer.toString("utf8", 0, bytesRead).trim().split("\n").slice(-20).join("\n")
  }).pipe(Effect.orElseSucceed(() => ""))

const describe = ({ code, signal }: Ending) =>
  code === null ? `ended by ${signal}` : `ended with code ${code}`

const notStarted = (data: string, port: number, what: string, tail: string) =>
  // The texts are Postgres's own: its messages are set to English by the locale C.
  tail.includes("Address already in use")
    ? new EmbeddedPostgresError({
        reason: "PortInUse",
        message: `Port ${port} on ${host} is in use by another program. Stop it, choose another \
\`port\`, or leave \`port\` out for a free one.`
      })
    : new EmbeddedPostgresError({
        reason: "StartFailed",
        message: `The embedded Postgres on ${data} ${what}. The end of its log:\n${tail}`
      })

const readyPoll = Schedule.spaced("20 millis")

/** Ready, as pg_ctl tells it. */
const awaitReady = (data: string, pid: number) =>
  readPostmasterFile(data).pipe(
    Effect.repeat({
      until: Option.exists((file) => file.pid === pid && file.status === "ready"),
      schedule: readyPoll
    }),
    Effect.as("ready" as const)
  )

/**
 * Kills a server with all its processes, which leaves its files as a crash does. They would notice
 * and end by themselves, but one that is busy may go on for a while, with the data in its hands.
 */
export const kill = Effect.fn("Postmaster.kill")(function* (server: RunningProgram) {
  if (yield* Deferred.isDone(server.ended)) return
  // Stopped, it can't start another process while they are counted.
  yield* signalProgram(server, "SIGSTOP")
  const children = yield* processTable.childrenOf(server.pid)
  yield* signalProgram(server, "SIGKILL")
  yield* Effect.forEach(children, (child) => signal(child, "SIGKILL"), { discard: true })
  yield* Effect.forEach(children, awaitGone, { concurrency: "unbounded", discard: true }).pipe(
    Effect.andThen(Deferred.await(server.ended)),
    Effect.interruptible,
    Effect.timeoutOption("5 seconds")
  )
}, Effect.uninterruptible)

/**
 * Starts a server and waits until it accepts connections. If it does not, in time or at all, none
 * is left when this fails. `hold` gets the server before this can be interrupted.
 */
export const startPostmaster = Effect.fn("Postmaster.start")(function* (
  plan: PostmasterPlan,
  port: number,
  hold: (server: RunningProgram) => void
) {
  const log = yield* openLog(plan.log)
  const { size } = yield* onDisk(`${plan.log} can't be read`, () => log.stat())
  const fail = (what: string) =>
    Effect.flatMap(tailOf(log, size), (tail) => notStarted(plan.data, port, what, tail))
  const started = startProgram(
    programOf(plan, port),
    ["ignore", log.fd, log.fd],
    plan.watcher
  ).pipe(
    Effect.catchAll(({ message }) => fail(`can't be started: ${message}`)),
    Effect.tap((server) => Effect.sync(() => hold(server)))
  )
  yield* Effect.acquireUseRelease(
    started,
    (server) =>
      Effect.raceFirst(awaitReady(plan.data, server.pid), Deferred.await(server.ended)).pipe(
        // A finalizer may start a server, and the loser of a race must end there too.
        Effect.interruptible,
        Effect.timeoutOption(plan.startTimeout),
        Effect.flatMap(
          Option.match({
            onNone: () =>
              fail(`was not ready after ${Duration.format(Duration.decode(plan.startTimeout))}`),
            onSome: (state) => (state === "ready" ? Effect.void : fail(describe(state)))
          })
        )
      ),
    (server, exit) => (exit._tag === "Success" ? Effect.void : kill(server))
  )
}, Effect.scoped)
