import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { delimiter, join } from "node:path"
import { Effect } from "effect"
import { describe } from "vitest"

/** The pgbouncer of this machine. */
interface PgBouncerProgram {
  readonly file: string
  /** `[1, 18]` of "PgBouncer 1.18.0". */
  readonly version: readonly [number, number]
}

/** Where packages put it, which is on the path of root alone. */
const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]

const versionOf = (file: string): PgBouncerProgram["version"] => {
  const printed = execFileSync(file, ["--version"], { encoding: "utf8" })
  const [, major, minor] = /PgBouncer (\d+)\.(\d+)/.exec(printed) ?? []
  return [Number(major), Number(minor)]
}

const find = (): PgBouncerProgram | undefined => {
  const file = folders.map((folder) => join(folder, "pgbouncer")).find(existsSync)
  return file === undefined ? undefined : { file, version: versionOf(file) }
}

const found = find()

const isAtLeast = (major: number, minor: number): boolean =>
  found !== undefined &&
  (found.version[0] > major || (found.version[0] === major && found.version[1] >= minor))

/** Whether it can carry named statements from one server connection to another: from 1.21 on. */
export const knowsPreparedStatements = isAtLeast(1, 21)

const whyNot =
  found === undefined && !process.env.CI ? "pgbouncer is not installed on this machine" : undefined

/**
 * `describe` for tests that need it. Where it is missing they are skipped, and the title says why;
 * in CI they run all the same, and fail: what is never tested there is not known to hold.
 */
export const describeWithPgBouncer = (title: string, body: () => void): void => {
  describe.skipIf(whyNot !== undefined)(whyNot === undefined ? title : `${title} (${whyNot})`, body)
}

/** The program, and the signal that has it leave without waiting for its clients. */
export const program: Effect.Effect<{
  readonly file: string
  readonly immediately: NodeJS.Signals
}> = Effect.suspend(() =>
  found === undefined
    ? Effect.dieMessage("pgbouncer is not installed: `apt-get install pgbouncer`")
    : // From 1.23 on SIGTERM waits for the clients.
      Effect.succeed({ file: found.file, immediately: isAtLeast(1, 23) ? "SIGQUIT" : "SIGTERM" })
)
