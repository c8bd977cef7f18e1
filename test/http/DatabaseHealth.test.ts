import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer, Option, Ref, TestClock } from "effect"
import { DatabaseHealth } from "../../src/http/DatabaseHealth.ts"
import {
  AcquireTimeout,
  ConnectError,
  type Pool,
  PoolClosed,
  QueueFull
} from "../../src/pool/index.ts"
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

/** As the server says it, and the driver. */
const words = 'no pg_hba.conf entry for host "10.0.3.7", user "c4n4ry", database "c4n4ry"'

const lost = (kind: Partial<Pick<ConnectError, "isFatal" | "provesRestart" | "retryAfter">> = {}) =>
  new ConnectError({ message: words, isFatal: false, provesRestart: false, ...kind })

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
      for (const check of [Effect.void, lost()]) {
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

  it.effect("a refusal carries the counters, and advice on when to ask again", () => {
    const retryAfter = Duration.millis(2300)
    const refused = new AcquireTimeout({ message: "no connection after 10 s", retryAfter })
    const pool = fakePool(refused, { waiting: 3, retries: 9 })
    return Effect.gen(function* () {
      const down = yield* Effect.flip(asked)
      assert.strictEqual(down.retryAfterSeconds, 3)
      assert.deepStrictEqual(down.pool, {
        total: 1,
        idle: 1,
        active: 0,
        waiting: 3,
        max: 10,
        retries: 9
      })
    }).pipe(over(pool))
  })

  it.effect.each([
    [lost(), /can't be reached/],
    [lost({ isFatal: true }), /asking again won't help/],
    [lost({ provesRestart: true }), /restarting/],
    [lost({ retryAfter: Duration.minutes(1) }), /quota or a rate/],
    [new AcquireTimeout({ message: words, retryAfter: Duration.zero }), /in time/],
    [new QueueFull({ message: words, retryAfter: Duration.zero }), /wait for a connection/],
    [new PoolClosed({ message: words }), /ending/]
  ] as const)("a refusal tells its kind, and quotes nothing: %s", ([refused, kind]) => {
    const pool = fakePool(refused, { lastError: Option.some(words) })
    return Effect.gen(function* () {
      const down = yield* Effect.flip(asked)
      assert.match(down.message, kind)
      assert.notMatch(JSON.stringify(down), /c4n4ry|10\.0\.3\.7/)
    }).pipe(over(pool))
  })
})
