import { chmod, mkdir, mkdtemp, realpath, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import { claimDirectory } from "./DirectoryClaim.ts"
import type { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { onDisk } from "./onDisk.ts"

/** The directory of one embedded server. */
export interface ServerDirectory {
  /** Absolute, with no link in it, so that a process can be recognised by it. */
  readonly path: string
  /** Goes away with its server. */
  readonly isTemporary: boolean
  /** Everything that must be kept: the data and the password to it. It appears whole or not. */
  readonly cluster: string
  /** What the server has said since its owner started. */
  readonly log: string
}

const layOut = (path: string, isTemporary: boolean): ServerDirectory => ({
  path,
  isTemporary,
  cluster: join(path, "cluster"),
  log: join(path, "server.log")
})

/** Removes a folder with all in it. Others may be writing to it: what they add is removed too. */
export const removeFolder = (path: string): Effect.Effect<void, EmbeddedPostgresError> =>
  onDisk(`The folder ${path} can't be removed`, () =>
    rm(path, { recursive: true, force: true, maxRetries: 5 })
  )

const temporary = Effect.acquireRelease(
  onDisk(`No temporary directory can be made in ${tmpdir()}`, async () => {
    const path = await mkdtemp(join(await realpath(tmpdir()), "holdfast-postgres-"))
    // The server may run as another user, who must get through to its own folder in here.
    await chmod(path, 0o711)
    return path
  }),
  (path) => Effect.ignoreLogged(removeFolder(path))
)

const kept = (directory: string) =>
  onDisk(`The directory ${directory} can't be made or opened`, async () => {
    await mkdir(directory, { recursive: true })
    return realpath(directory)
  }).pipe(Effect.tap(claimDirectory))

/**
 * A directory until the scope closes: the one that is named, claimed for this process and kept, or
 * a fresh one that is removed.
 */
export const openDirectory = (
  directory: string | undefined
): Effect.Effect<ServerDirectory, EmbeddedPostgresError, Scope.Scope> =>
  directory === undefined
    ? Effect.map(temporary, (path) => layOut(path, true))
    : Effect.map(kept(directory), (path) => layOut(path, false))
