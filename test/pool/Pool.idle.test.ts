import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, TestClock } from "effect"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import type { SimulatedConnection } from "../../src/testing/SimulatedSession.ts"

const use = (pool: PoolOf<SimulatedConnection>, count = 1) =>
  Effect.all(
    Array.from({ length: count }, () => pool.use(() => Effect.yieldNow())),
    { concurrency: "unbounded" }
  )

const suspended = { message: "57P01: the server goes to sleep", provesRestart: false }

describe("an idle pool", () => {
  it.scoped("sends nothing and opens nothing, for as long as nobody asks", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, min: 3 })
      yield* use(pool, 10)
      const { dials } = server
      yield* TestClock.adjust(Duration.hours(5))
      assert.strictEqual(server.dials, dials)
      assert.strictEqual(server.validations, 0)
    })
  })

  it.scoped(
    "does not reopen what the server has closed until somebody asks, then its minimum",
    () => {
      const server = new SimulatedServer()
      return Effect.gen(function* () {
        const pool = yield* make(server.connector, { ...defaults, min: 3 })
        server.endAll(suspended)
        yield* TestClock.adjust(Duration.hours(1))
        assert.strictEqual(server.dials, 3)
        yield* use(pool)
        yield* use(pool)
        yield* TestClock.adjust(Duration.millis(10))
        assert.strictEqual(server.open, 3)
        assert.strictEqual((yield* pool.stats).idle, 3)
      })
    }
  )

  it.scoped(
    "with a keepalive proves each connection at that pace, and still retires its surplus",
    () => {
      const server = new SimulatedServer()
      return Effect.gen(function* () {
        const keepalive = Duration.minutes(1)
        const pool = yield* make(server.connector, { ...defaults, min: 2, keepalive })
        yield* TestClock.adjust(Duration.seconds(61))
        assert.strictEqual(server.validations, 2)
        yield* TestClock.adjust(Duration.minutes(4))
        assert.strictEqual(server.validations, 10)
        yield* use(pool, 6)
        const { open } = server
        assert.isAbove(open, 2)
        yield* TestClock.adjust(Duration.seconds(5 * 60 + 1))
        assert.strictEqual(server.open, 2)
      })
    }
  )

  it.scoped("with a keepalive finds out that a connection has been forgotten", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, {
        ...defaults,
        keepalive: Duration.seconds(30)
      })
      server.forgetAll()
      yield* TestClock.adjust(Duration.seconds(31))
      const { evicted, total } = yield* pool.stats
      assert.strictEqual(evicted.invalid, 1)
      assert.strictEqual(total, 0)
    })
  })

  it.scoped("with the shortest of lifetimes lends each connection once", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, {
        ...defaults,
        min: 0,
        maxLifetime: Duration.nanos(1n)
      })
      yield* pool.use(() => Effect.void)
      yield* TestClock.adjust("10 millis")
      yield* pool.use(() => Effect.void)
      assert.strictEqual(server.dials, 2)
    })
  })

  it.scoped("validates always if told to, also from one borrower to the next", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, {
        ...defaults,
        max: 1,
        validateAfterIdle: Duration.zero
      })
      yield* use(pool, 5)
      assert.strictEqual(server.validations, 5)
    })
  })

  it.scoped("validates never by a round trip if told to", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, {
        ...defaults,
        validateAfterIdle: Duration.infinity
      })
      yield* TestClock.adjust(Duration.minutes(20))
      yield* use(pool, 5)
      assert.strictEqual(server.validations, 0)
    })
  })
})
