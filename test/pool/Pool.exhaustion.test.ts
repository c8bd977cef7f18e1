import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, TestClock } from "effect"
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

  it.effect("tells callers that it is closed, and closes what is open", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* Effect.scoped(make(server.connector, { ...defaults, min: 3 }))
      assert.strictEqual(server.open, 0)
      assert.instanceOf(yield* Effect.flip(pool.use(() => Effect.void)), PoolClosed)
    })
  })
})
