import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, Fiber, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { PoolClosed } from "../../src/pool/PoolError.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { settled } from "../support/Captured.ts"

describe("a pool whose connections are all in use", () => {
  it.scoped("serves callers in the order they came, over no more than its maximum", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 2 })
      const served: Array<number> = []
      const fibers = yield* Effect.forEach(Array.from({ length: 20 }), (_, index) =>
        Effect.fork(
          pool.use(() =>
            Effect.zipRight(
              Effect.sync(() => served.push(index)),
              Effect.sleep(Duration.millis(10))
            )
          )
        )
      )
      yield* TestClock.adjust(Duration.millis(100))
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(
        served,
        Array.from({ length: 20 }, (_, index) => index)
      )
      assert.strictEqual(server.peak, 2)
    })
  })

  it.scoped("serves thousands of errands that end at once, one after the other", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 1 })
      yield* Effect.fork(pool.use(() => Effect.sleep("1 second")))
      yield* settled
      const fibers = yield* Effect.forEach(Array.from({ length: 3_000 }), () =>
        Effect.fork(
          pool.run((_connection, done) => {
            done(Effect.void)
            return Effect.void
          })
        )
      )
      yield* TestClock.adjust("1 second")
      yield* Effect.forEach(fibers, Fiber.join)
      assert.strictEqual((yield* pool.stats).idle, 1)
    })
  })

  it.scoped("says what to do when a caller's deadline passes", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 1 })
      yield* Effect.forkScoped(pool.use(() => Effect.never))
      yield* settled
      const caller = yield* Effect.fork(Effect.flip(pool.use(() => Effect.void)))
      yield* TestClock.adjust(Duration.seconds(10))
      const { message } = yield* Fiber.join(caller)
      assert.include(message, "total 1 of 1, idle 0, active 1, connecting 0, waiting 1")
      assert.include(message, "hold connections for a shorter time, or raise max")
    })
  })

  it.scoped("refuses at once whom its pace would not serve in time, and serves all others", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, {
        ...defaults,
        max: 2,
        acquireTimeout: Duration.millis(500)
      })
      // Two at a time for 10 ms each: 5 ms a caller.
      const use = Effect.either(pool.use(() => Effect.sleep(Duration.millis(10))))
      const burst = (count: number) =>
        Effect.forEach(Array.from({ length: count }), () => Effect.fork(use))
      const early = yield* burst(80)
      yield* TestClock.adjust(Duration.millis(200))
      assert.strictEqual((yield* pool.stats).refused.AcquireTimeout, 0)
      const late = yield* burst(100)
      yield* settled
      const refused = (yield* pool.stats).refused.AcquireTimeout
      assert.isAtLeast(refused, 60)
      assert.isAtMost(refused, 70)
      yield* TestClock.adjust(Duration.millis(500))
      const answers = yield* Effect.forEach([...early, ...late], Fiber.join)
      assert.strictEqual(answers.filter(Either.isLeft).length, refused)
      assert.match(
        answers.find(Either.isLeft)?.left.message ?? "",
        /^No connection can be had within 500ms: by the pace of the queue it would take 3[78]\dms/
      )
    })
  })

  it.effect("tells callers that it is closed, and closes what is open", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* Effect.scoped(make(server.connector, { ...defaults, min: 3 }))
      assert.strictEqual(server.open, 0)
      assert.instanceOf(yield* Effect.flip(pool.use(() => Effect.void)), PoolClosed)
    })
  })
})
