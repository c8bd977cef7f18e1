import { readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Option } from "effect"
import { proceed } from "./Freezing.ts"
import { onDisk } from "./onDisk.ts"
import { awaitGone, processTable } from "./ProcessTable.ts"
import { signal } from "./Program.ts"

/** What a server says of itself in its `postmaster.pid` (pidfile.h of Postgres). */
export interface PostmasterFile {
  readonly pid: number
  /** `"starting"`, `"ready"`, `"stopping"` or, before the first of them, `""`. */
  readonly status: string
}

const fileIn = (data: string) => join(data, "postmaster.pid")

const parse = (text: string): Option.Option<PostmasterFile> => {
  const lines = text.split("\n")
  const pid = Number.parseInt(lines[0] ?? "", 10)
  return pid > 0 ? Option.some({ pid, status: (lines[7] ?? "").trim() }) : Option.none()
}

const textOf = (data: string) =>
  Effect.option(Effect.tryPromise(() => readFile(fileIn(data), "utf8")))

/** The file of a data directory, if there is a readable one. */
export const readPostmasterFile = (data: string): Effect.Effect<Option.Option<PostmasterFile>> =>
  Effect.map(textOf(data), Option.flatMap(parse))

/** Whether this pid is a server on this data directory, and not one that got its number later. */
const isServerOf = (data: string, pid: number) =>
  Effect.map(
    processTable.find(pid),
    Option.exists(({ command }) => `${command} `.includes(`postgres -D ${data} `))
  )

const end = Effect.fnUntraced(function* (pid: number, data: string) {
  // Its owner may have frozen it.
  yield* proceed(pid)
  for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!(yield* isServerOf(data, pid))) return
    yield* signal(pid, name)
    yield* Effect.timeoutOption(awaitGone(pid), "10 seconds")
  }
})

/**
 * Makes a stale file harmless. Its pid may by now be somebody else's, at which Postgres would refuse
 * to start. A file that names the new server's parent is stale to Postgres too, but it still checks
 * the shared memory named further down, in which processes of the old server may be at work.
 */
const disarm = (data: string, text: string) =>
  onDisk(`The stale ${fileIn(data)} can't be replaced`, () =>
    Option.isSome(parse(text))
      ? writeFile(fileIn(data), text.replace(/^\d+/, String(process.pid)))
      : rm(fileIn(data))
  )

/**
 * Ends the server that an earlier owner left on a data directory, if there is one, and sees to it
 * that its file stops nobody. Only for who has claimed the directory.
 */
export const clearLeftover = Effect.fn("PostmasterFile.clearLeftover")(function* (data: string) {
  const before = yield* readPostmasterFile(data)
  if (Option.isSome(before) && (yield* isServerOf(data, before.value.pid))) {
    yield* Effect.logInfo(
      `Ending the Postgres (pid ${before.value.pid}) that an earlier process left in ${data}`
    )
    yield* end(before.value.pid, data)
  }
  const text = yield* textOf(data)
  if (Option.isSome(text)) yield* disarm(data, text.value)
})
