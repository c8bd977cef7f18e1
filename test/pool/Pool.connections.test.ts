import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { settled } from "../support/Captured.ts"

describe("the connections of a pool", () => {
  it.scoped("are told one by one: what each does, how old it is, how often it was lent", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      yield* pool.use(() => Effect.void)
      yield* TestClock.adjust("500 millis")
      yield* Effect.forkScoped(pool.use(() => Effect.never))
      yield* settled
      const [connection, ...others] = yield* pool.connections
      assert.isEmpty(others)
      assert.deepInclude(connection, { phase: "active", uses: 2 })
      assert.strictEqual(Duration.toMillis(connection?.age ?? 0), 500)
    })
  })

  it.scoped("are told while they are being opened, and no more when they are closed", () => {
    const server = new SimulatedServer()
    server.goAway()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, lazy: true })
      yield* Effect.forkScoped(Effect.ignore(pool.use(() => Effect.void)))
      yield* settled
      server.comeBack()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* pool.connections).map(({ phase, uses }) => ({ phase, uses })),
        [{ phase: "idle", uses: 1 }]
      )
      yield* pool.drain
      assert.isEmpty(yield* pool.connections)
    })
  })
})
