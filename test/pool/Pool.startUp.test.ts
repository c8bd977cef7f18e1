import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, FastCheck as fc, Option, Schedule, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { ConnectError } from "../../src/pool/PoolError.ts"
import { retrySchedule } from "../../src/pool/WarmUp.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { captured, settled } from "../support/Captured.ts"

const wrongPassword = new ConnectError({
  message: "28P01: password authentication failed",
  isFatal: true,
  provesRestart: false
})

describe("building a pool", () => {
  it.scoped("opens the minimum, and says so", () => {
    const server = new SimulatedServer()
    const log = captured()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, min: 2 })
      const stats = yield* pool.stats
      yield* settled
      assert.strictEqual(stats.idle, 2)
      assert.deepStrictEqual(
        log.lines.map(({ message }) => message),
        ["Database connection pool initialized (min=2, max=10)"]
      )
    }).pipe(Effect.provide(log.layer))
  })

  it.scoped("tries four times over 3.5 seconds, then fails with the cause", () => {
    const server = new SimulatedServer()
    server.goAway()
    const log = captured()
    return Effect.gen(function* () {
      const building = yield* Effect.fork(Effect.flip(make(server.connector, defaults)))
      yield* TestClock.adjust(Duration.seconds(5))
      const error = yield* Fiber.join(building)
      yield* settled
      assert.include(error.message, "ECONNREFUSED")
      assert.strictEqual(server.dials, 4)
      const lines = log.lines.map(({ message }) => message)
      assert.match(
        lines[0] ?? "",
        /^Failed to get connection \(attempt 1\/4\): ECONNREFUSED.* Retrying in 0\.[456]\d*s\.\.\.$/
      )
      assert.match(lines[2] ?? "", /\(attempt 3\/4\).* Retrying in [12](\.\d+)?s\.\.\.$/)
      assert.match(
        lines[3] ?? "",
        /^Failed to create database connection pool after 4 attempts: ECONNREFUSED/
      )
    }).pipe(Effect.provide(log.layer))
  })

  it.scoped(
    "ends where connections do not live for as long as it takes to open the minimum",
    () => {
      const server = new SimulatedServer()
      server.connectTime = Duration.millis(20)
      return Effect.gen(function* () {
        const config = { ...defaults, min: 2, maxLifetime: Duration.millis(10) }
        const building = yield* Effect.fork(make(server.connector, config))
        yield* TestClock.adjust(Duration.seconds(1))
        yield* Fiber.join(building)
        assert.strictEqual(server.dials, 2)
      })
    }
  )

  it.scoped("recovers when the database comes back between two tries", () => {
    const server = new SimulatedServer()
    server.goAway()
    return Effect.gen(function* () {
      const building = yield* Effect.fork(make(server.connector, defaults))
      yield* TestClock.adjust(Duration.millis(300))
      server.comeBack()
      yield* TestClock.adjust(Duration.seconds(5))
      const pool = yield* Fiber.join(building)
      assert.strictEqual((yield* pool.stats).idle, 1)
    })
  })

  it.scoped("fails at once where no further try can succeed", () => {
    const server = new SimulatedServer()
    server.refusal = wrongPassword
    return Effect.gen(function* () {
      const error = yield* Effect.flip(make(server.connector, defaults))
      assert.isTrue(error.isFatal)
      assert.strictEqual(server.dials, 1)
    })
  })

  it.scoped("waits for nothing when lazy, and is ready once the database is there", () => {
    const server = new SimulatedServer()
    server.goAway()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, lazy: true })
      const ready = yield* Effect.fork(pool.ready)
      yield* TestClock.adjust(Duration.minutes(1))
      assert.strictEqual(server.dials, 4, "nobody waits, so nobody dials")
      assert.isTrue(Option.isNone(yield* Fiber.poll(ready)))
      server.comeBack()
      yield* pool.use(() => Effect.void)
      yield* Fiber.join(ready)
    })
  })

  it.scoped("tells of a fatal cause when lazy", () => {
    const server = new SimulatedServer()
    server.refusal = wrongPassword
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, lazy: true })
      const error = yield* Effect.flip(pool.ready)
      assert.strictEqual(error, wrongPassword)
    })
  })

  it.scoped("is still to become ready when lazy, where a quota is used up for now", () => {
    const server = new SimulatedServer()
    const retryAfter = Duration.minutes(1)
    server.refusal = new ConnectError({
      message: "quota",
      isFatal: true,
      provesRestart: false,
      retryAfter
    })
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, lazy: true })
      const ready = yield* Effect.fork(pool.ready)
      assert.strictEqual(yield* Effect.flip(pool.check), server.refusal)
      server.refusal = undefined
      // And up to a quarter, so that many do not come back in step.
      yield* TestClock.adjust(Duration.times(retryAfter, 1.25))
      yield* pool.check
      yield* Fiber.join(ready)
    })
  })

  it.scoped.each([
    [{ min: 2, max: 1 }, /minimum of 2 and a maximum of 1/],
    [{ max: 0 }, /the maximum is at least 1/],
    [{ maxWaiting: 0 }, /the queue at least 1/],
    [{ keepalive: Duration.zero }, /a keepalive of no time/],
    [{ acquireTimeout: Duration.zero }, /an? acquireTimeout of no time/],
    [{ maxLifetime: Duration.zero }, /a maxLifetime of no time: .* Duration\.infinity/],
    [{ leakThreshold: Duration.zero }, /a leakThreshold of no time: .* Duration\.infinity/],
    [{ redialDelay: { base: Duration.zero, cap: Duration.zero } }, /a redialDelay of no time/]
  ] as const)("refuses at once what no pool can keep: %j", ([config, why]) =>
    Effect.gen(function* () {
      const server = new SimulatedServer()
      const error = yield* Effect.flip(make(server.connector, { ...defaults, ...config }))
      assert.match(error.message, why)
      assert.isTrue(error.isFatal)
      assert.strictEqual(server.dials, 0)
    })
  )

  it.effect.prop(
    "waits after each failure within a fifth of the doubled delay, and no longer than asked",
    { maxRetries: fc.nat({ max: 8 }), millis: fc.integer({ min: 1, max: 5_000 }) },
    ({ maxRetries, millis }) =>
      Effect.gen(function* () {
        const config = { ...defaults, maxRetries, retryDelay: Duration.millis(millis) }
        const inputs = Array.from({ length: 20 }, () => undefined)
        const delays = yield* Schedule.run(retrySchedule(config), 0, inputs)
        const waits = [...delays].slice(0, maxRetries).map(Duration.toMillis)
        assert.strictEqual([...delays].length, maxRetries + 1)
        waits.forEach((wait, index) => {
          const doubled = millis * 2 ** index
          assert.isAtLeast(wait, Math.floor(doubled * 0.8))
          assert.isAtMost(wait, Math.ceil(doubled * 1.2))
        })
      })
  )
})
