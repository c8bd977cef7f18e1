import { readdir, symlink } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Random, Scope } from "effect"
import { claimDirectory } from "../../src/testing/DirectoryClaim.ts"
import { temporaryDirectory } from "./ServerFixture.ts"

const claims = (directory: string) => Effect.promise(() => readdir(directory))

/** Claims in a scope that stays open as long as the test. */
const claim = (directory: string) =>
  Effect.flatMap(Effect.scope, (scope) => Scope.extend(claimDirectory(directory), scope))

const race = (directory: string) =>
  Effect.all(Effect.replicate(Effect.either(claim(directory)), 12), { concurrency: "unbounded" })

describe("The claim on a directory", () => {
  it.scopedLive("is won by exactly one of many that want a free directory at once", () =>
    Effect.gen(function* () {
      const results = yield* race(yield* temporaryDirectory)
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Right").length, 1)
    })
  )

  it.scopedLive("is won by exactly one of many that find a dead owner's claim at once", () =>
    Effect.gen(function* () {
      for (const dead of [`${process.pid} but started earlier`, "4194999 long ago", "nobody"]) {
        const directory = yield* temporaryDirectory
        yield* Effect.promise(() => symlink(dead, join(directory, "owner.7")))
        const results = yield* race(directory)
        assert.strictEqual(results.filter(({ _tag }) => _tag === "Right").length, 1, dead)
        assert.deepStrictEqual(yield* claims(directory), ["owner.8"])
      }
    })
  )

  it.scopedLive("is left to an owner who could not look at itself, while it lives", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.promise(() => symlink(`${process.pid} unknown`, join(directory, "owner.7")))
      const refusal = yield* Effect.flip(claim(directory))
      assert.strictEqual(refusal.reason, "DirectoryInUse")
      assert.deepStrictEqual(yield* claims(directory), ["owner.7"])
    })
  )

  it.scopedLive("is taken over from an owner who could not look at itself, and is gone", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      yield* Effect.promise(() => symlink("4194999 unknown", join(directory, "owner.7")))
      yield* claim(directory)
      assert.deepStrictEqual(yield* claims(directory), ["owner.8"])
    })
  )

  it.scopedLive("is free again when its scope closes, and leaves one file however often", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      for (let round = 0; round < 20; round++) {
        const scope = yield* Scope.make()
        yield* Scope.extend(claimDirectory(directory), scope)
        const refusal = yield* Effect.flip(claim(directory))
        assert.strictEqual(refusal.reason, "DirectoryInUse")
        assert.include(refusal.message, "this process itself")
        yield* Scope.close(scope, Exit.void)
      }
      assert.strictEqual((yield* claims(directory)).length, 1)
    })
  )

  it.scopedLive("is never had by two at a time while many come and go", () =>
    Effect.gen(function* () {
      let holders = 0
      let claimed = 0
      const visit = (directory: string) =>
        Effect.gen(function* () {
          yield* Effect.sleep(yield* Random.nextIntBetween(0, 3))
          yield* claimDirectory(directory)
          claimed += 1
          holders += 1
          assert.strictEqual(holders, 1)
          // Those who leave at once are who could be mistaken for not having been there.
          if (yield* Random.nextBoolean) yield* Effect.sleep("2 millis")
          holders -= 1
        }).pipe(Effect.scoped, Effect.ignore)
      for (let round = 1; round <= 40; round++) {
        const directory = yield* temporaryDirectory
        yield* Effect.promise(() => symlink(`${process.pid} dead`, join(directory, "owner.1")))
        yield* Effect.all(Effect.replicate(visit(directory), 24), { concurrency: "unbounded" })
        assert.isAtLeast(claimed, round)
      }
    })
  )
})
