import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, FastCheck as fc, Option, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { AcquireTimeout } from "../../src/pool/PoolError.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { captured, settled } from "../support/Captured.ts"

/** Callers that each use a connection for a moment, as fibers. */
const callers = <E>(count: number, use: Effect.Effect<void, E>) =>
  Effect.forEach(Array.from({ length: count }), () => Effect.fork(use))

const isDone = (fiber: Fiber.Fiber<void, unknown>) => Effect.map(fiber.poll, Option.isSome)

describe("a database that is away", () => {
  it.scoped.prop(
    "is found again by every caller within a second of its return",
    { outage: fc.integer({ min: 1, max: 8_500 }), count: fc.integer({ min: 1, max: 60 }) },
    ({ count, outage }) => {
      const server = new SimulatedServer()
      return Effect.gen(function* () {
        const pool = yield* make(server.connector, defaults)
        server.goAway()
        const waiting = yield* callers(
          count,
          pool.use(() => Effect.sleep(Duration.millis(1)))
        )
        yield* TestClock.adjust(Duration.millis(outage))
        server.comeBack()
        yield* TestClock.adjust(Duration.seconds(1))
        assert.isTrue((yield* Effect.forEach(waiting, isDone)).every((done) => done))
        yield* Effect.forEach(waiting, Fiber.join)
      })
    },
    { fastCheck: { numRuns: 20 } }
  )

  it.scoped("is looked for by one dial at a time, however many wait", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      server.goAway()
      const waiting = yield* callers(200, Effect.ignore(pool.use(() => Effect.void)))
      yield* TestClock.adjust(Duration.seconds(9))
      // 9 s by at least 375 ms each (the cap less a quarter), and the first quick ones.
      assert.isAtMost(server.dials, 1 + 33)
      assert.isAtLeast(server.dials, 15)
      assert.strictEqual((yield* pool.stats).waiting, 200)
      yield* TestClock.adjust(Duration.seconds(2))
      yield* Effect.forEach(waiting, Fiber.join)
    })
  })

  it.scoped("is left alone when nobody waits", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      yield* make(server.connector, defaults)
      server.goAway()
      yield* TestClock.adjust(Duration.hours(1))
      assert.strictEqual(server.dials, 1)
      assert.strictEqual(server.validations, 0)
    })
  })

  it.scoped("costs a caller its deadline and no more, and the error is the diagnosis", () => {
    const server = new SimulatedServer()
    const log = captured()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      server.goAway()
      const caller = yield* Effect.fork(Effect.flip(pool.use(() => Effect.void)))
      // Within the last delay between two dials it is certain that no other comes in time.
      yield* TestClock.adjust(Duration.millis(9_499))
      assert.isFalse(Option.isSome(yield* caller.poll))
      yield* TestClock.adjust(Duration.millis(501))
      const error = yield* Fiber.join(caller)
      yield* settled
      assert.instanceOf(error, AcquireTimeout)
      assert.match(
        error.message,
        /^No connection after 9s \d+ms \(total \d of 10, idle 0, active 0, /
      )
      assert.include(error.message, "ECONNREFUSED")
      const lines = log.lines.map(({ message }) => message)
      assert.isTrue(
        lines.some((line) =>
          /^Failed to get connection \(attempt 1\/2\d\): ECONNREFUSED.* Retrying in 0\.\d+s\.\.\.$/.test(
            line
          )
        )
      )
      assert.isTrue(
        lines.some((line) => /^Failed to get valid connection after 2\d attempts/.test(line))
      )
    }).pipe(Effect.provide(log.layer))
  })
})
