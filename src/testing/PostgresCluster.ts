import { randomBytes } from "node:crypto"
import { chown, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Effect, Option, type Redacted, Schema } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { onDisk } from "./onDisk.ts"
import type { PostgresBinaries } from "./PostgresBinaries.ts"
import { runProgram, type Watcher } from "./Program.ts"
import type { ServerAccount } from "./ServerAccount.ts"
import { removeFolder, type ServerDirectory } from "./ServerDirectory.ts"

/** A data directory and who may log in to it. */
export interface PostgresCluster {
  /** What Postgres calls PGDATA. */
  readonly data: string
  readonly username: string
  readonly password: Redacted.Redacted<string>
}

const Credentials = Schema.parseJson(
  Schema.Struct({ username: Schema.String, password: Schema.Redacted(Schema.String) })
)

const unfinished = "cluster.unfinished-"
const dataIn = (cluster: string) => join(cluster, "data")
const credentialsIn = (cluster: string) => join(cluster, "credentials.json")

const unusable = (message: string) =>
  new EmbeddedPostgresError({ reason: "DirectoryUnusable", message })

/** What an earlier run has left. Nothing, if it never got to the end of making it. */
const existing = ({ cluster }: ServerDirectory) =>
  onDisk(`The cluster ${cluster} can't be read`, () =>
    readFile(credentialsIn(cluster), "utf8").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return undefined
      throw cause
    })
  ).pipe(
    Effect.flatMap((text) =>
      text === undefined ? Effect.succeedNone : Effect.asSome(Schema.decode(Credentials)(text))
    ),
    Effect.catchTag("ParseError", () =>
      unusable(
        `${credentialsIn(cluster)} is damaged. Restore it, or remove ${cluster} to begin anew.`
      )
    )
  )

const initdbArguments = (folder: string, username: string, isTemporary: boolean) => [
  `--pgdata=${dataIn(folder)}`,
  `--username=${username}`,
  `--pwfile=${join(folder, "password")}`,
  "--auth=scram-sha-256",
  "--encoding=UTF8",
  // Built in, so that sorting does not depend on the locales of the machine.
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--locale=C",
  "--no-instructions",
  ...(isTemporary ? ["--no-sync"] : [])
]

/** Writes the files initdb starts from, readable by nobody but the server's user. */
const writeCredentials = (folder: string, account: ServerAccount, username: string) =>
  onDisk(`The cluster in ${folder} can't be begun`, async () => {
    const password = randomBytes(24).toString("base64url")
    const options = { mode: 0o600, flush: true }
    const files = [credentialsIn(folder), join(folder, "password")] as const
    await writeFile(files[0], JSON.stringify({ username, password }), options)
    await writeFile(files[1], password, options)
    if (account.ids === undefined) return
    for (const path of [folder, ...files]) await chown(path, account.ids.uid, account.ids.gid)
  })

const initialize = Effect.fn("PostgresCluster.initialize")(function* (
  binaries: PostgresBinaries,
  account: ServerAccount,
  { path, cluster, isTemporary }: ServerDirectory,
  username: string,
  watcher: Watcher
) {
  const begin = onDisk(`Nothing can be written in ${path}`, () => mkdtemp(join(path, unfinished)))
  const fill = Effect.fnUntraced(function* (folder: string) {
    yield* writeCredentials(folder, account, username)
    const initdb = account.program(binaries.initdb, initdbArguments(folder, username, isTemporary))
    const { code, output } = yield* runProgram(initdb, "2 minutes", watcher)
    if (code !== 0) {
      const end = output.trim().split("\n").slice(-10).join("\n")
      return yield* unusable(`initdb could not make a cluster in ${path}. It ended with:\n${end}`)
    }
    yield* onDisk(`The cluster can't be moved to ${cluster}`, async () => {
      await rm(join(folder, "password"))
      await rename(folder, cluster)
    })
  })
  yield* Effect.acquireUseRelease(begin, fill, (folder) =>
    Effect.ignoreLogged(removeFolder(folder))
  )
})

/** Removes what interrupted runs have left. */
const removeUnfinished = ({ path }: ServerDirectory) =>
  onDisk(`The directory ${path} can't be read`, () => readdir(path)).pipe(
    Effect.map((names) => names.filter((name) => name.startsWith(unfinished))),
    Effect.flatMap((names) =>
      Effect.forEach(names, (name) => removeFolder(join(path, name)), { discard: true })
    ),
    Effect.ignoreLogged
  )

/**
 * The cluster of a directory, made if there is none. It is made in a folder beside and moved into
 * place when it is complete, so that one whose making was interrupted is never taken for one.
 */
export const openCluster = Effect.fn("PostgresCluster.open")(function* (
  binaries: PostgresBinaries,
  account: ServerAccount,
  directory: ServerDirectory,
  username: string | undefined,
  watcher: Watcher
) {
  yield* removeUnfinished(directory)
  let found = yield* existing(directory)
  if (Option.isNone(found)) {
    yield* initialize(binaries, account, directory, username ?? "postgres", watcher)
    found = yield* existing(directory)
  }
  if (Option.isNone(found)) {
    return yield* unusable(`The cluster ${directory.cluster} vanished while it was being opened.`)
  }
  if (username !== undefined && found.value.username !== username) {
    return yield* unusable(
      `The cluster ${directory.cluster} belongs to the user "${found.value.username}", not to \
"${username}". Leave \`username\` out, or choose another directory.`
    )
  }
  const cluster: PostgresCluster = { data: dataIn(directory.cluster), ...found.value }
  return cluster
})
