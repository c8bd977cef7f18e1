import { type ChildProcess, type StdioOptions, spawn } from "node:child_process"
import { Data, Deferred, Duration, Effect, FiberId, Option } from "effect"

/** What to run. */
export interface Program {
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** Who runs it. Default: the user of this process. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined
}

/** How a program ended. `code` is null when a signal ended it. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** What it printed into the pipes it was given. */
  readonly output: string
}

/** A program that is running, in a session of its own. */
export interface RunningProgram {
  readonly pid: number
  readonly child: ChildProcess
  readonly ended: Deferred.Deferred<Ending>
}

/** Is told when a program starts and ends, before anything else can happen in this process. */
export interface Watcher {
  readonly started: (pid: number) => void
  readonly ended: () => void
  /** Which processes stand still, and would hear no signal but SIGKILL. */
  readonly frozen: (pids: ReadonlyArray<number>) => void
}

const unwatched: Watcher = {
  started: () => undefined,
  ended: () => undefined,
  frozen: () => undefined
}

// The owner's environment may hold secrets, and PG* variables that change what a server does.
const environment = (): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC"
})

/** The program could not be started, for the system's reason. */
export class ProgramError extends Data.TaggedError("ProgramError")<{
  readonly message: string
}> {}

const cannotStart = (cause: unknown) =>
  new ProgramError({ message: cause instanceof Error ? cause.message : String(cause) })

const spawnProgram = ({ file, args, user }: Program, stdio: StdioOptions, watcher: Watcher) => {
  // `detached` is a session of its own: a Ctrl-C on the owner's terminal does not reach it.
  const child = spawn(file, args, { ...user, stdio, cwd: "/", env: environment(), detached: true })
  child.unref()
  const ended = Deferred.unsafeMake<Ending>(FiberId.none)
  let output = ""
  for (const pipe of [child.stdout, child.stderr]) {
    pipe?.setEncoding("utf8").on("data", (text: string) => {
      output += text
    })
  }
  child.once("close", (code, signal) => {
    watcher.ended()
    Deferred.unsafeDone(ended, Effect.succeed({ code, signal, output }))
  })
  if (child.pid !== undefined) watcher.started(child.pid)
  return { child, ended }
}

/** Starts a program and does not wait for it. It does not keep this process alive. */
export const startProgram = (
  program: Program,
  stdio: StdioOptions,
  watcher = unwatched
): Effect.Effect<RunningProgram, ProgramError> =>
  Effect.uninterruptible(
    Effect.async((resume) => {
      // Node throws some errors of spawn (EPERM) and emits others (ENOENT).
      try {
        const { child, ended } = spawnProgram(program, stdio, watcher)
        const { pid } = child
        child.on("error", (cause) => resume(Effect.fail(cannotStart(cause))))
        if (pid !== undefined) resume(Effect.succeed({ pid, child, ended }))
      } catch (cause) {
        resume(Effect.fail(cannotStart(cause)))
      }
    })
  )

/** Sends a signal to any process or, below zero, group. In vain if there is none or not ours. */
export const signal = (pid: number, name: NodeJS.Signals): Effect.Effect<void> =>
  Effect.sync(() => {
    try {
      process.kill(pid, name)
    } catch {
      // Whoever signals looks afterwards whether the process is gone.
    }
  })

/** Sends a signal to a program, unless it has ended: its pid may be somebody else's by then. */
export const signalProgram = (
  { pid, ended }: RunningProgram,
  name: NodeJS.Signals
): Effect.Effect<void> => Effect.unlessEffect(signal(pid, name), Deferred.isDone(ended))

const end = ({ pid, ended }: RunningProgram) =>
  // The whole group, since initdb and shells have children.
  Effect.unlessEffect(signal(-pid, "SIGKILL"), Deferred.isDone(ended)).pipe(
    Effect.andThen(Deferred.await(ended)),
    Effect.interruptible,
    Effect.timeoutOption("5 seconds"),
    Effect.asVoid
  )

/**
 * Runs a program to its end and answers with how it ended. A program that can't be started, or is
 * not through by the deadline, has ended with code null and the reason as its output. When
 * interrupted, the program is killed with all its children.
 */
export const runProgram = (
  program: Program,
  deadline: Duration.DurationInput,
  watcher = unwatched
): Effect.Effect<Ending> =>
  Effect.acquireUseRelease(
    startProgram(program, ["ignore", "pipe", "pipe"], watcher),
    ({ ended }) => Effect.timeoutOption(Deferred.await(ended), deadline),
    end
  ).pipe(
    Effect.map(
      Option.getOrElse(() => `It did not end within ${Duration.format(Duration.decode(deadline))}.`)
    ),
    Effect.catchAll((cause) => Effect.succeed(cause.message)),
    Effect.map((result) =>
      typeof result === "string" ? { code: null, signal: null, output: result } : result
    )
  )
