import { chmod, cp, readFile, readlink, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { findBinaries, prepareBinaries } from "../../src/testing/PostgresBinaries.ts"
import { runProgram } from "../../src/testing/Program.ts"
import { temporaryDirectory } from "./ServerFixture.ts"

interface Link {
  readonly target: string
}

/** A copy of the package as it is when no install script has run. */
const unscripted = Effect.gen(function* () {
  const { postgres } = yield* findBinaries
  const source = dirname(dirname(dirname(postgres)))
  const folder = join(yield* temporaryDirectory, "package")
  const links = yield* Effect.promise(async () => {
    const share = join(source, "native", "share")
    await cp(source, folder, { recursive: true, filter: (path) => path !== share })
    const text = await readFile(join(folder, "native", "pg-symlinks.json"), "utf8")
    const targets = (JSON.parse(text) as ReadonlyArray<Link>).map(({ target }) =>
      join(folder, target)
    )
    for (const target of targets) await rm(target)
    return targets
  })
  return { folder, links }
})

describe("The embedded Postgres's binaries", () => {
  it.scopedLive("run although no install script has linked their libraries", () =>
    Effect.gen(function* () {
      const { folder, links } = yield* unscripted
      const initdb = join(folder, "native", "bin", "initdb")
      yield* Effect.promise(() => chmod(initdb, 0o644))
      const before = yield* runProgram({ file: initdb, args: ["--version"] }, "10 seconds")
      assert.notStrictEqual(before.code, 0)
      // Several test files prepare the same package at the same time.
      const prepared = yield* Effect.all(Effect.replicate(prepareBinaries(folder), 4), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(prepared[3], { initdb, postgres: join(dirname(initdb), "postgres") })
      const after = yield* runProgram({ file: initdb, args: ["--version"] }, "10 seconds")
      assert.deepStrictEqual(
        [after.code, after.output.slice(0, 23)],
        [0, "initdb (PostgreSQL) 18."]
      )
      for (const link of links) {
        const content = yield* Effect.promise(() => readlink(link))
        assert.notInclude(content, "/")
        assert.isTrue((yield* Effect.promise(() => stat(link))).isFile())
      }
    })
  )
})
