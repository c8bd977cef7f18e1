import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"

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
