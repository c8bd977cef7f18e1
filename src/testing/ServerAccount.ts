import { readFile, stat } from "node:fs/promises"
import { Effect, Option } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { onDisk } from "./onDisk.ts"
import type { PostgresBinaries } from "./PostgresBinaries.ts"
import { type Program, runProgram } from "./Program.ts"
import type { ServerDirectory } from "./ServerDirectory.ts"

/** A user's numbers. */
export interface UserIds {
  readonly uid: number
  readonly gid: number
}

/** Who the server runs as: Postgres refuses to run as root. */
export interface ServerAccount {
  /** Who must own what the server writes. Absent: this process's own user. */
  readonly ids?: UserIds
  /** A program as this account runs it. */
  readonly program: (file: string, args: ReadonlyArray<string>) => Program
}

const unsupported = (message: string) =>
  new EmbeddedPostgresError({ reason: "Unsupported", message })

/** The user of this process, who is not root. */
const ownAccount: ServerAccount = { program: (file, args) => ({ file, args }) }

/** Another user, taken on by root. */
const otherAccount = (ids: UserIds): ServerAccount => ({
  ids,
  program: (file, args) => ({ file, args, user: ids })
})

/**
 * The same, with the one capability to reach files below folders that are closed to that user, such
 * as a project in /root. Without `no_setuid_fixup` the kernel ignores it in access(2), by which
 * Postgres looks for its own program. The server can then read and write what root can, for those
 * who have its password: root alone. Needs setpriv(1) of util-linux.
 */
const reachingAccount = (ids: UserIds): ServerAccount => ({
  ids,
  program: (file, args) => ({
    file: "setpriv",
    args: [
      `--reuid=${ids.uid}`,
      `--regid=${ids.gid}`,
      "--clear-groups",
      "--securebits=+no_setuid_fixup",
      "--inh-caps=-all,+dac_override",
      "--ambient-caps=-all,+dac_override",
      "--",
      file,
      ...args
    ]
  })
})

/** The numbers of the first of these users that /etc/passwd has. No user is ever created. */
const findUser = (names: ReadonlyArray<string>) =>
  onDisk("The users of this machine can't be read", () => readFile("/etc/passwd", "utf8")).pipe(
    Effect.map((text) => {
      const users = text.split("\n").map((line) => line.split(":"))
      const found = names.flatMap((name) => users.find((user) => user[0] === name) ?? [])
      const [, , uid, gid] = found
      return uid === undefined || gid === undefined
        ? Option.none<UserIds>()
        : Option.some({ uid: Number(uid), gid: Number(gid) })
    })
  )

/** Whoever owns the data that is there: it was made by that user, and only that user can use it. */
const ownerOf = (path: string) =>
  Effect.tryPromise(() => stat(path)).pipe(
    Effect.map(({ uid, gid }) => ({ uid, gid })),
    Effect.option,
    Effect.map(Option.filter(({ uid }) => uid !== 0))
  )

/** Fails on systems that have no users and groups as Linux and macOS have them. */
export const requireUsers: Effect.Effect<void, EmbeddedPostgresError> = Effect.suspend(() =>
  process.getuid === undefined
    ? unsupported(
        "The embedded Postgres needs the users and process groups of Linux or macOS. Here, set a database URL."
      )
    : Effect.void
)

const candidates = Effect.fnUntraced(function* (cluster: string) {
  if (process.getuid?.() !== 0) return [ownAccount]
  const owner = yield* ownerOf(cluster)
  const ids = Option.isSome(owner) ? owner : yield* findUser(["postgres", "nobody"])
  if (Option.isNone(ids)) {
    return yield* unsupported(
      `Postgres refuses to run as root, and this machine has no user "postgres" or "nobody" to run \
it as. Run as an ordinary user, or set a database URL.`
    )
  }
  return [otherAccount(ids.value), reachingAccount(ids.value)]
})

/** Whether an account can enter the directory and run the binaries, found out by doing it. */
const tryAccount = (account: ServerAccount, directory: string, { postgres }: PostgresBinaries) =>
  runProgram(
    // Of access(2), chdir(2) and exec(2), Postgres needs all three.
    account.program("sh", [
      "-c",
      'cd "$1" && { test -x "$2" || ! echo "it may not execute it"; } && exec "$2" --version',
      "sh",
      directory,
      postgres
    ]),
    "10 seconds"
  )

/**
 * The account for a server on a directory: the user of this process or, if that is root, the owner
 * of the data that is there, or else the user `postgres` or `nobody`.
 */
export const chooseAccount = Effect.fn("ServerAccount.choose")(function* (
  binaries: PostgresBinaries,
  directory: ServerDirectory
) {
  const refusals: Array<string> = []
  for (const account of yield* candidates(directory.cluster)) {
    const { code, output } = yield* tryAccount(account, directory.path, binaries)
    if (code === 0) return account
    const who = account.ids === undefined ? "" : `as uid ${account.ids.uid}: `
    refusals.push(who + output.trim())
  }
  return yield* unsupported(
    `The embedded Postgres can't run ${binaries.postgres} on ${directory.path} \
(${refusals.join("; ")}). Move the project out of folders that are closed to other users, such as \
/root, or run as an ordinary user, or set a database URL.`
  )
})
