import { assert, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { Mutex } from "../../src/sql/transaction/Mutex.ts"

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
