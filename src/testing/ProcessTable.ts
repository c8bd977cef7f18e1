import { existsSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { Effect, Option, Schedule } from "effect"
import { type Program, runProgram } from "./Program.ts"

/** A living process of this machine. */
export interface ProcessRecord {
  readonly parent: number
  /** When it started. Two processes that had the same pid one after the other differ in it. */
  readonly startedAt: string
  /** Its program and arguments, with spaces between. */
  readonly command: string
}

/** The processes of this machine. A zombie, which has ended and only waits to be buried, is none. */
export interface ProcessTable {
  /** None: there is no such process, or it can't be looked at. */
  readonly find: (pid: number) => Effect.Effect<Option.Option<ProcessRecord>>
  /** Whether it is certain that there is no such process: one that can't be looked at may live. */
  readonly isGone: (pid: number) => Effect.Effect<boolean>
  readonly childrenOf: (pid: number) => Effect.Effect<ReadonlyArray<number>>
}

/** What a system lets anybody read of its processes. */
interface Readings {
  /** None: nothing could be read of it. */
  readonly read: (
    pid: number
  ) => Effect.Effect<Option.Option<ProcessRecord & { readonly isZombie: boolean }>>
  readonly childrenOf: ProcessTable["childrenOf"]
}

/** Nobody has this pid. Who may not be sent a signal is there. */
const isUnused = (pid: number) =>
  Effect.sync(() => {
    try {
      process.kill(pid, 0)
      return false
    } catch (cause) {
      return (cause as NodeJS.ErrnoException).code === "ESRCH"
    }
  })

const tableOf = ({ childrenOf, read }: Readings): ProcessTable => ({
  childrenOf,
  find: (pid) =>
    Effect.map(
      read(pid),
      Option.filter(({ isZombie }) => !isZombie)
    ),
  isGone: (pid) =>
    Effect.flatMap(
      read(pid),
      Option.match({
        onNone: () => isUnused(pid),
        onSome: ({ isZombie }) => Effect.succeed(isZombie)
      })
    )
})

const textOf = (file: string) => Effect.option(Effect.tryPromise(() => readFile(file, "utf8")))

// Start times count from boot, so after a reboot the same pid could come with the same number.
const bootId = Effect.map(
  textOf("/proc/sys/kernel/random/boot_id"),
  Option.match({ onNone: () => "", onSome: (id) => id.trim() })
)

/** Fields 3 (state), 4 (parent) and 22 (start) of proc(5) stat; the name before may hold spaces. */
const parseStat = (stat: string) => {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return { state: fields[0] ?? "X", parent: Number(fields[1]), ticks: fields[19] ?? "" }
}

const statOf = (pid: number) => Effect.map(textOf(`/proc/${pid}/stat`), Option.map(parseStat))

const isZombie = ({ state }: { readonly state: string }) => state === "Z" || state === "X"

const linux: Readings = {
  read: Effect.fnUntraced(function* (pid) {
    const stat = yield* statOf(pid)
    if (Option.isNone(stat)) return Option.none()
    const command = Option.getOrElse(yield* textOf(`/proc/${pid}/cmdline`), () => "")
    return Option.some({
      isZombie: isZombie(stat.value),
      parent: stat.value.parent,
      startedAt: `${yield* bootId}/${stat.value.ticks}`,
      command: command.replaceAll("\0", " ").trim()
    })
  }),
  childrenOf: Effect.fnUntraced(function* (pid) {
    const entries = yield* Effect.orElseSucceed(
      Effect.tryPromise(() => readdir("/proc")),
      () => []
    )
    const pids = entries.map(Number).filter(Number.isInteger)
    return yield* Effect.filter(
      pids,
      (each) =>
        Effect.map(
          statOf(each),
          Option.exists((stat) => stat.parent === pid && !isZombie(stat))
        ),
      { concurrency: 16 }
    )
  })
}

const ps = (...args: ReadonlyArray<string>) => {
  const program: Program = { file: "ps", args }
  return Effect.map(runProgram(program, "5 seconds"), ({ output }) => output.split("\n"))
}

// `Ss    1 Fri Nov 21 10:48:12 2025 /sbin/init splash`
const psLine = /^\s*(\S)\S*\s+(\d+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.*)$/

/** The table as ps(1) prints it, for systems without a /proc. */
const psTable: Readings = {
  read: (pid) =>
    Effect.map(ps("-ww", "-o", "stat=,ppid=,lstart=,args=", "-p", String(pid)), (lines) => {
      const [, state, parent, startedAt, command] = psLine.exec(lines[0] ?? "") ?? []
      return state === undefined || startedAt === undefined
        ? Option.none()
        : Option.some({
            isZombie: state === "Z",
            parent: Number(parent),
            startedAt,
            command: (command ?? "").trim()
          })
    }),
  childrenOf: (pid) =>
    Effect.map(ps("-A", "-o", "pid=,ppid="), (lines) =>
      lines
        .map((line) => line.trim().split(/\s+/).map(Number))
        .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))
    )
}

/** The table of this machine. */
export const processTable: ProcessTable = tableOf(existsSync("/proc/self/stat") ? linux : psTable)

const gonePoll = Schedule.spaced("25 millis")

/** Waits until a process is gone. Without a deadline of its own. */
export const awaitGone = (pid: number): Effect.Effect<void> =>
  Effect.asVoid(
    Effect.repeat(processTable.isGone(pid), { until: (isGone) => isGone, schedule: gonePoll })
  )
