import { assert, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { makeHashingThreads } from "../../src/auth/HashingThreads.ts"

const cheap = { memoryCost: 8, timeCost: 1, parallelism: 1, outputLen: 32 }

it.scopedLive("a hash that can't be made fails by itself, and its thread goes on", () =>
  Effect.gen(function* () {
    const { hash, verify } = yield* makeHashingThreads
    const exit = yield* Effect.exit(hash("a password", { ...cheap, memoryCost: 0 }))
    assert.isTrue(Exit.isFailure(exit))
    const good = yield* hash("a password", cheap)
    assert.isTrue(yield* verify("a password", good))
    assert.isFalse(yield* verify("another password", good))
  })
)

it.scopedLive("answers go to those who asked, however many ask at once", () =>
  Effect.gen(function* () {
    const { hash, verify } = yield* makeHashingThreads
    const passwords = Array.from({ length: 20 }, (_, number) => `password ${number}`)
    const hashes = yield* Effect.forEach(passwords, (password) => hash(password, cheap), {
      concurrency: 3
    })
    const isOwn = yield* Effect.forEach(
      passwords,
      (password, index) => verify(password, hashes[index] ?? ""),
      { concurrency: 3 }
    )
    assert.deepStrictEqual(
      isOwn,
      passwords.map(() => true)
    )
  })
)

it.live("who is being answered while the threads are ended hears of it", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { hash } = yield* Scope.extend(makeHashingThreads, scope)
    const asked = yield* Effect.fork(
      hash("a password", { ...cheap, memoryCost: 65_536, timeCost: 20 })
    )
    yield* Effect.yieldNow()
    yield* Scope.close(scope, Exit.void)
    const exit = yield* asked.await
    assert.isTrue(Exit.isFailure(exit))
  })
)
