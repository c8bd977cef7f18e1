import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Context, Data, Effect, Layer, Schema } from "effect"

const root = fileURLToPath(new URL("../../", import.meta.url))

const Manifest = Schema.Struct({
  peerDependencies: Schema.Record({ key: Schema.String, value: Schema.String }),
  peerDependenciesMeta: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  devDependencies: Schema.Record({ key: Schema.String, value: Schema.String })
})

const Lock = Schema.Struct({
  packages: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

const Packed = Schema.NonEmptyArray(
  Schema.Struct({
    filename: Schema.String,
    files: Schema.Array(Schema.Struct({ path: Schema.String }))
  })
)

const execute = promisify(execFile)

const said = (error: unknown) =>
  error instanceof Error && "stdout" in error ? `${error.message}\n${error.stdout}` : String(error)

class ProgramFailed extends Data.TaggedError("ProgramFailed")<{ readonly message: string }> {}

/** Runs a program to its end and answers with what it has written; it must end well. */
export const run = (
  directory: string,
  [file = "", ...args]: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Effect.Effect<string, ProgramFailed> =>
  Effect.tryPromise({
    try: async (signal) => {
      const options = { cwd: directory, env: { ...process.env, ...env }, signal }
      return (await execute(file, args, options)).stdout
    },
    catch: (error) => new ProgramFailed({ message: said(error) })
  })

const temporaryDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "holdfast-package-"))),
  (directory) => Effect.promise(() => rm(directory, { recursive: true, force: true }))
)

/** Packs what `npm run build` has made; `npm test` runs it first. */
const pack = (directory: string) =>
  Effect.gen(function* () {
    const to = ["--pack-destination", directory]
    const output = yield* run(root, ["npm", "pack", "--json", "--ignore-scripts", ...to])
    const [{ filename, files }] = yield* Schema.decode(Schema.parseJson(Packed))(output)
    return { filename, paths: files.map(({ path }) => path) }
  })

/** Has what holdfast asks of an Effect v3 project, nothing of its optional ones, and Node's types. */
const describe = (directory: string, tarball: string) =>
  Effect.promise(async () => {
    const text = await readFile(join(root, "package.json"), "utf8")
    const manifest = Schema.decodeSync(Schema.parseJson(Manifest))(text)
    const peers = Object.entries(manifest.peerDependencies).filter(
      ([name]) => !(name in manifest.peerDependenciesMeta)
    )
    const project = {
      private: true,
      type: "module",
      dependencies: { ...Object.fromEntries(peers), holdfast: `file:./${tarball}` },
      devDependencies: { "@types/node": manifest.devDependencies["@types/node"] }
    }
    await writeFile(join(directory, "package.json"), JSON.stringify(project))
    await copyFile(join(root, "package-lock.json"), join(directory, "package-lock.json"))
  })

/** What npm would put where, at the versions of our lock: so no new release can break a test. */
const resolve = (directory: string) =>
  Effect.gen(function* () {
    const quick = ["--package-lock-only", "--prefer-offline", "--no-audit", "--no-fund"]
    yield* run(directory, ["npm", "install", ...quick, "--prefix", directory])
    const lock = yield* Effect.promise(() => readFile(join(directory, "package-lock.json"), "utf8"))
    const { packages } = yield* Schema.decode(Schema.parseJson(Lock))(lock)
    return Object.keys(packages)
  })

const link = async (directory: string, place: string) => {
  await mkdir(dirname(join(directory, place)), { recursive: true })
  await symlink(join(root, place), join(directory, place))
}

/** What tests are written with. */
const testPackages = ["vitest", "@effect/vitest"].map((name) => `node_modules/${name}`)

/**
 * holdfast is unpacked. Of what else npm names, the copy that `npm ci` has left here is linked, which
 * needs no network and none of the 10 s that unpacking 60 packages takes.
 */
const install = (directory: string, tarball: string) =>
  Effect.gen(function* () {
    yield* describe(directory, tarball)
    const places = yield* resolve(directory)
    const others = places.filter(
      (place) =>
        /^node_modules\/(?!holdfast$)(@[^/]+\/)?[^/]+$/.test(place) && existsSync(join(root, place))
    )
    yield* Effect.promise(async () => {
      await mkdir(join(directory, "node_modules/holdfast"), { recursive: true })
      for (const place of [...others, ...testPackages]) await link(directory, place)
    })
    const into = ["-C", "node_modules/holdfast", "--strip-components", "1"]
    yield* run(directory, ["tar", "-xzf", tarball, ...into])
  })

/** The same project with a further package, in a directory of its own. */
export const withPackage = (directory: string, name: string) =>
  Effect.tap(temporaryDirectory, (other) =>
    Effect.promise(async () => {
      await cp(directory, other, { recursive: true, verbatimSymlinks: true })
      await link(other, `node_modules/${name}`)
    })
  )

/** holdfast as npm would publish it, installed into an empty project. */
export class PackedProject extends Context.Tag("test/PackedProject")<
  PackedProject,
  {
    readonly directory: string
    /** Where the tarball is. */
    readonly tarball: string
    /** What is in it. */
    readonly paths: ReadonlyArray<string>
  }
>() {
  static readonly layer = Layer.scoped(
    PackedProject,
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const { filename, paths } = yield* pack(directory)
      yield* install(directory, filename)
      return { directory, tarball: join(directory, filename), paths }
    })
  )
}
