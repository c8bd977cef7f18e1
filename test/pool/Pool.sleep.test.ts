import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"

describe("a machine that was suspended", () => {
  it.scoped(
    "costs a round trip for what was open, once; a clock that is set back costs none",
    () => {
      const server = new SimulatedServer()
      let ahead = 0
      return Effect.gen(function* () {
        const steady = yield* Effect.clock
        const wallClock = () => steady.unsafeCurrentTimeMillis() + ahead
        const clock: Clock.Clock = {
          [Clock.ClockTypeId]: Clock.ClockTypeId,
          unsafeCurrentTimeMillis: wallClock,
          unsafeCurrentTimeNanos: () => steady.unsafeCurrentTimeNanos(),
          currentTimeMillis: Effect.sync(wallClock),
          currentTimeNanos: steady.currentTimeNanos,
          sleep: (duration) => steady.sleep(duration)
        }
        const pool = yield* Effect.withClock(make(server.connector, defaults), clock)
        const validations: Array<number> = []
        for (const asleep of ["0 millis", "499 millis", "8 hours", "8 hours", "1 hour"] as const) {
          ahead = Duration.toMillis(asleep)
          yield* pool.use(() => Effect.void)
          validations.push(server.validations)
        }
        assert.deepStrictEqual(validations, [0, 0, 1, 1, 1])
      })
    }
  )
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
