import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option, TestClock } from "effect"
import type { Connector } from "../../src/pool/Connection.ts"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { AcquireTimeout, ConnectError } from "../../src/pool/PoolError.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import type { SimulatedConnection } from "../../src/testing/SimulatedSession.ts"
import { settled } from "../support/Captured.ts"

const lazily = { ...defaults, min: 0 }

const holders = (pool: PoolOf<SimulatedConnection>, count: number) =>
  Effect.forEach(Array.from({ length: count }), () =>
    Effect.forkScoped(pool.use(() => Effect.sleep(Duration.seconds(5))))
  )

const breaker = (pool: PoolOf<SimulatedConnection>) =>
  Effect.map(pool.stats, (stats) => stats.breaker)

const refusal = (fields: { readonly isFatal: boolean; readonly retryAfter: Duration.Duration }) =>
  new ConnectError({ message: "quota exceeded", provesRestart: false, ...fields })

describe("connecting", () => {
  it.scoped("begins with one dial, and ramps up as they succeed", () => {
    const server = new SimulatedServer()
    server.connectTime = Duration.millis(100)
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, lazily)
      yield* holders(pool, 10)
      const dialsAt: Array<number> = []
      for (let round = 0; round < 5; round++) {
        yield* settled
        dialsAt.push(server.dials)
        yield* TestClock.adjust(Duration.millis(100))
      }
      assert.deepStrictEqual(dialsAt, [1, 3, 7, 10, 10])
    })
  })

  it.scoped("ramps up again after the server was away", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, lazily)
      yield* holders(pool, 10)
      yield* TestClock.adjust(Duration.seconds(6))
      server.goAway()
      yield* holders(pool, 10)
      yield* TestClock.adjust(Duration.seconds(1))
      server.connectTime = Duration.millis(100)
      server.comeBack()
      for (let step = 0; step < 40; step++) {
        yield* TestClock.adjust(Duration.millis(25))
        const { connecting, total } = yield* pool.stats
        assert.isAtMost(connecting, 1 + total - connecting)
      }
      assert.strictEqual((yield* pool.stats).active, 10)
    })
  })

  it.scoped("does not take a slow dial for a failed one", () => {
    const server = new SimulatedServer()
    server.connectTime = Duration.millis(4_500)
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, lazily)
      const caller = yield* Effect.fork(pool.use(() => Effect.void))
      yield* TestClock.adjust(Duration.seconds(4))
      assert.strictEqual(yield* breaker(pool), "closed")
      assert.strictEqual((yield* pool.stats).connecting, 2)
      yield* TestClock.adjust(Duration.seconds(1))
      yield* Fiber.join(caller)
      assert.strictEqual((yield* pool.stats).retries, 0)
    })
  })

  it.scoped("overtakes a dial that the network has swallowed, with one other at a time", () => {
    const server = new SimulatedServer()
    server.connectTime = Duration.hours(1)
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, lazily)
      const callers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.fork(pool.use(() => Effect.void))
      )
      for (let tenth = 0; tenth < 40; tenth++) {
        yield* TestClock.adjust(Duration.millis(100))
        assert.isAtMost((yield* pool.stats).connecting, 2)
      }
      assert.strictEqual(server.dials, 1 + 5)
      server.connectTime = Duration.zero
      yield* TestClock.adjust(Duration.millis(800))
      yield* Effect.forEach(callers, Fiber.join)
    })
  })

  it.scoped("lets a dial go on whose server was heard: it is at work, or waking up", () => {
    const server = new SimulatedServer()
    server.connectTime = Duration.millis(4_500)
    const heard: Connector<SimulatedConnection> = {
      connect: (onLoss, onSign) =>
        Effect.zipRight(
          Effect.sync(() => onSign?.()),
          server.connector.connect(onLoss)
        )
    }
    return Effect.gen(function* () {
      const pool = yield* make(heard, lazily)
      const caller = yield* Effect.fork(pool.use(() => Effect.void))
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(server.dials, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(caller)
    })
  })

  it.scoped(
    "is tried by a probe while the breaker is half-open, and free once that succeeds",
    () => {
      const server = new SimulatedServer()
      return Effect.gen(function* () {
        const pool = yield* make(server.connector, lazily)
        server.goAway()
        const caller = yield* Effect.fork(pool.use(() => Effect.void))
        yield* settled
        assert.strictEqual(yield* breaker(pool), "open")
        server.connectTime = Duration.millis(50)
        server.comeBack()
        yield* TestClock.adjust(Duration.millis(100))
        assert.strictEqual(yield* breaker(pool), "half-open")
        yield* TestClock.adjust(Duration.millis(50))
        yield* Fiber.join(caller)
        assert.strictEqual(yield* breaker(pool), "closed")
      })
    }
  )
})

describe("a connection that is dead on arrival", () => {
  for (const [when, config] of [
    ["for a caller", lazily],
    ["when the pool is built", { ...defaults, lazy: true }]
  ] as const) {
    it.scoped(`counts as a dial that failed, and is closed: ${when}`, () => {
      const server = new SimulatedServer()
      const stillborn: Connector<SimulatedConnection> = {
        connect: (onLoss) =>
          Effect.map(server.connector.connect(onLoss), (connection) => ({
            ...connection,
            isUsable: () => false
          }))
      }
      return Effect.gen(function* () {
        const pool = yield* make(stillborn, config)
        const caller = yield* Effect.fork(Effect.flip(pool.use(() => Effect.void)))
        yield* TestClock.adjust("10 seconds")
        assert.include((yield* Fiber.join(caller)).message, "lost as soon as it was open")
        assert.isBelow(server.dials, 50)
        assert.strictEqual(server.open, 0)
      })
    })
  }
})

describe("a server that asks not to be dialed for a while", () => {
  it.scoped("is not, and who can't wait that long is told at once when to come back", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, lazily)
      server.refusal = refusal({ isFatal: true, retryAfter: Duration.minutes(1) })
      assert.instanceOf(yield* Effect.flip(pool.use(() => Effect.void)), ConnectError)
      const error = yield* Effect.flip(pool.use(() => Effect.void))
      assert.instanceOf(error, AcquireTimeout)
      if (!(error instanceof AcquireTimeout)) return
      assert.isAtLeast(Duration.toSeconds(error.retryAfter), 60)
      assert.isAtMost(Duration.toSeconds(error.retryAfter), 75)
      assert.match(error.message, /^No connection can be had within 10s \(total 0 of 10, /)
      assert.include(error.message, "breaker open for")
      assert.include(error.message, "last failure: quota exceeded")
      assert.strictEqual(server.dials, 1)
      server.comeBack()
      yield* TestClock.adjust(error.retryAfter)
      yield* pool.use(() => Effect.void)
      assert.strictEqual(server.dials, 2)
    })
  })

  it.scoped("is not, even if it says so to a dial that began before others failed", () => {
    const server = new SimulatedServer()
    const overtaken: Connector<SimulatedConnection> = {
      connect: (onLoss) =>
        Effect.suspend(() => {
          if (server.dials > 0) return server.connector.connect(onLoss)
          server.dials += 1
          const quota = refusal({ isFatal: false, retryAfter: Duration.minutes(1) })
          return Effect.delay(Effect.fail(quota), "1 second")
        })
    }
    return Effect.gen(function* () {
      const pool = yield* make(overtaken, lazily)
      server.goAway()
      const caller = yield* Effect.fork(Effect.flip(pool.use(() => Effect.void)))
      yield* TestClock.adjust("1 second")
      assert.include((yield* Fiber.join(caller)).message, "last failure: quota exceeded")
      const before = server.dials
      assert.isAbove(before, 1)
      yield* Effect.fork(pool.use(() => Effect.void))
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(server.dials, before)
    })
  })

  it.scoped("leaves nobody waiting once the last connection has ended", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, lazily)
      yield* Effect.fork(pool.use(() => Effect.sleep(Duration.seconds(1))))
      yield* settled
      server.refusal = refusal({ isFatal: false, retryAfter: Duration.minutes(1) })
      const caller = yield* Effect.fork(Effect.flip(pool.use(() => Effect.void)))
      yield* TestClock.adjust(Duration.millis(500))
      assert.isTrue(Option.isNone(yield* caller.poll))
      server.endAll({ message: "57P01: terminating connection", provesRestart: false })
      yield* TestClock.adjust(Duration.millis(500))
      assert.instanceOf(yield* Fiber.join(caller), AcquireTimeout)
      assert.strictEqual((yield* pool.stats).refused.AcquireTimeout, 1)
    })
  })

  it.scoped("is dialed again for those who can wait", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, lazily)
      server.refusal = refusal({ isFatal: false, retryAfter: Duration.seconds(5) })
      const caller = yield* Effect.fork(pool.use(() => Effect.void))
      yield* TestClock.adjust(Duration.millis(4_999))
      assert.strictEqual(server.dials, 1)
      assert.isTrue(Option.isNone(yield* caller.poll))
      server.comeBack()
      yield* TestClock.adjust(Duration.millis(1_252))
      yield* Fiber.join(caller)
    })
  })
})
