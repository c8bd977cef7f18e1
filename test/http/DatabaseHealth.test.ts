import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Option, Ref, TestClock } from "effect"
import { DatabaseHealth } from "../../src/http/DatabaseHealth.ts"
import { AcquireTimeout, ConnectError, type Pool } from "../../src/pool/index.ts"
import { fakePool } from "./FakePool.ts"

const over = (pool: Layer.Layer<Pool>) =>
  Effect.provide(Layer.provide(DatabaseHealth.layer(), pool))

const asked = Effect.flatMap(DatabaseHealth, ({ current }) => current)

const counting = (check: Effect.Effect<void, ConnectError>) =>
  Effect.map(Ref.make(0), (count) => ({
    count: Ref.get(count),
    pool: fakePool(
      Effect.zipRight(
        Ref.update(count, (n) => n + 1),
        check
      )
    )
  }))

describe("DatabaseHealth", () => {
  it.effect("callers at the same time share one question, whoever of them leaves", () =>
    Effect.gen(function* () {
      const answered = yield* Deferred.make<void>()
      const { count, pool } = yield* counting(Deferred.await(answered))
      yield* Effect.gen(function* () {
        const [first, ...others] = yield* Effect.all(
          Array.from({ length: 10 }, () => Effect.fork(asked))
        )
        yield* Effect.yieldNow()
        if (first !== undefined) yield* Fiber.interrupt(first)
        yield* Deferred.succeed(answered, undefined)
        const answers = yield* Fiber.join(Fiber.all(others))
        assert.strictEqual(answers.length, 9)
        assert.strictEqual(yield* count, 1)
      }).pipe(over(pool))
    })
  )

  it.effect("an answer stands for a second from when it came, good or bad", () =>
    Effect.gen(function* () {
      const lost = new ConnectError({ message: "lost", isFatal: false, provesRestart: false })
      for (const check of [Effect.void, lost]) {
        const { count, pool } = yield* counting(check)
        yield* Effect.gen(function* () {
          yield* Effect.exit(asked)
          yield* TestClock.adjust("999 millis")
          yield* Effect.exit(asked)
          assert.strictEqual(yield* count, 1)
          yield* TestClock.adjust("1 millis")
          yield* Effect.exit(asked)
          assert.strictEqual(yield* count, 2)
        }).pipe(over(pool))
      }
    })
  )

  it.effect("a database that does not answer is down after five seconds", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(Effect.flip(asked))
      yield* TestClock.adjust("5 seconds")
      const down = yield* Fiber.join(fiber)
      assert.strictEqual(down.message, "The database did not answer within 5s.")
      assert.strictEqual(down.retryAfterSeconds, 1)
    }).pipe(over(fakePool(Effect.never)))
  )

  it.effect("a refusal carries the pool's words, counters and advice on when to ask again", () => {
    const message = "no connection after 10 s (total 0, waiting 3)"
    const refused = new AcquireTimeout({ message, retryAfter: Duration.millis(2300) })
    const pool = fakePool(refused, { waiting: 3, retries: 9, lastError: Option.some("gone") })
    return Effect.gen(function* () {
      const down = yield* Effect.flip(asked)
      assert.strictEqual(down.message, message)
      assert.strictEqual(down.retryAfterSeconds, 3)
      assert.strictEqual(down.pool.waiting, 3)
      assert.strictEqual(down.pool.retries, 9)
      assert.strictEqual(down.pool.lastError, "gone")
    }).pipe(over(pool))
  })
})
