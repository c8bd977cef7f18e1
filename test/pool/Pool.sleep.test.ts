import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Duration, Effect, Fiber, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults, type PoolConfig } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"

/** A pool by a wall clock that can be put ahead, as the one of a machine that was suspended is. */
const suspendable = (server: SimulatedServer, config: Partial<PoolConfig> = {}) =>
  Effect.gen(function* () {
    const steady = yield* Effect.clock
    let ahead = 0
    const wallClock = () => steady.unsafeCurrentTimeMillis() + ahead
    const clock: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: wallClock,
      unsafeCurrentTimeNanos: () => steady.unsafeCurrentTimeNanos(),
      currentTimeMillis: Effect.sync(wallClock),
      currentTimeNanos: steady.currentTimeNanos,
      sleep: (duration) => steady.sleep(duration)
    }
    const pool = yield* Effect.withClock(make(server.connector, { ...defaults, ...config }), clock)
    const putAhead = (by: Duration.DurationInput) => {
      ahead = Duration.toMillis(by)
    }
    return { pool, putAhead }
  })

describe("a machine that was suspended", () => {
  it.scoped(
    "costs a round trip for what was open, once; a clock that is set back costs none",
    () => {
      const server = new SimulatedServer()
      return Effect.gen(function* () {
        const { pool, putAhead } = yield* suspendable(server)
        const validations: Array<number> = []
        for (const asleep of ["0 millis", "499 millis", "8 hours", "8 hours", "1 hour"] as const) {
          putAhead(asleep)
          yield* pool.use(() => Effect.void)
          validations.push(server.validations)
        }
        assert.deepStrictEqual(validations, [0, 0, 1, 1, 1])
      })
    }
  )

  it.scoped("costs it also where somebody waits for what another had all the while", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const { pool, putAhead } = yield* suspendable(server, { max: 1 })
      const isOver = yield* Deferred.make<void>()
      const holder = yield* Effect.fork(pool.use(() => Deferred.await(isOver)))
      yield* Effect.yieldNow()
      const waiter = yield* Effect.fork(pool.use(() => Effect.sync(() => server.validations)))
      yield* Effect.yieldNow()
      putAhead("8 hours")
      yield* Deferred.succeed(isOver, undefined)
      yield* Fiber.join(holder)
      assert.strictEqual(yield* Fiber.join(waiter), 1)
    })
  })
})

describe("a pool that nobody asks", () => {
  it.scoped("says goodbye to what it needs no longer, and opens nothing for a day", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, min: 5 })
      const used = yield* Effect.fork(
        Effect.replicateEffect(
          pool.use(() => Effect.sleep(Duration.millis(1))),
          10,
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust(Duration.millis(1))
      yield* used
      assert.strictEqual(server.open, 10)
      yield* TestClock.adjust(defaults.idleTimeout)
      assert.strictEqual(server.open, 5)
      yield* TestClock.adjust(Duration.days(1))
      assert.strictEqual(server.open, 0)
      assert.strictEqual(server.dials, 10)
      assert.strictEqual(server.validations, 0)
    })
  })
})
