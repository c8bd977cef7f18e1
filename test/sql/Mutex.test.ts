import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { Mutex } from "../../src/sql/transaction/Mutex.ts"
import { settled } from "../support/Captured.ts"

it.effect("a detour is looked at as a task would begin or begin to wait, and taken instead", () =>
  Effect.gen(function* () {
    const mutex = new Mutex()
    let isBarred = false
    const task = (name: string) =>
      mutex.run<string, never>(
        (done) => {
          done(Exit.succeed(name))
          return Effect.void
        },
        () => (isBarred ? Effect.succeed(`not ${name}`) : undefined)
      )
    const end = yield* Deferred.make<void>()
    yield* Effect.fork(mutex.hold(Deferred.await(end)))
    yield* settled
    const second = yield* Effect.fork(task("the second"))
    yield* settled
    isBarred = true
    yield* Deferred.succeed(end, undefined)
    assert.strictEqual(yield* Fiber.join(second), "the second")
    assert.strictEqual(yield* task("the third"), "not the third")
    assert.isTrue(mutex.isFree)
  })
)

it.effect("a task that throws dies of it alone: who waits behind it has its turn", () =>
  Effect.gen(function* () {
    const mutex = new Mutex()
    const throwing = Effect.exit(
      mutex.run(() => {
        throw new Error("of a driver")
      })
    )
    const quick = mutex.run<string, never>((done) => {
      done(Exit.succeed("in its turn"))
      return Effect.void
    })
    const first = mutex.hold(Effect.yieldNow())
    const [, thrown, result] = yield* Effect.all([first, throwing, quick], {
      concurrency: "unbounded"
    })
    assert.isTrue(Exit.isFailure(thrown))
    assert.strictEqual(result, "in its turn")
    assert.isTrue(mutex.isFree)
  })
)
