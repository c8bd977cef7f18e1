import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, TestClock } from "effect"
import type { Connector, Loss } from "../../src/pool/Connection.ts"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import type { SimulatedConnection } from "../../src/testing/SimulatedSession.ts"
import { captured, settled } from "../support/Captured.ts"

const idOf = (pool: PoolOf<SimulatedConnection>) => pool.use(({ id }) => Effect.succeed(id))

/** Opens as many connections as asked, all idle in the end. */
const fill = (pool: PoolOf<SimulatedConnection>, count: number) =>
  Effect.forEach(
    Array.from({ length: count }),
    () => pool.use(() => Effect.sleep(Duration.millis(1))),
    { concurrency: "unbounded" }
  ).pipe(
    Effect.fork,
    Effect.zipLeft(TestClock.adjust(Duration.millis(1))),
    Effect.flatMap(Fiber.join)
  )

describe("a connection that went stale while idle", () => {
  it.scoped("is replaced without the caller noticing when the server said goodbye", () => {
    const server = new SimulatedServer()
    const log = captured()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      server.endAll({ message: "57P01: terminating connection", provesRestart: false })
      assert.strictEqual((yield* pool.stats).total, 0)
      assert.strictEqual(yield* idOf(pool), 1)
      yield* settled
      const lines = log.lines.map(({ message }) => message)
      assert.include(
        lines,
        "Connection is invalid (57P01: terminating connection), getting new connection..."
      )
      assert.include(lines, "Connection pool may be stale, recreating pool...")
    }).pipe(Effect.provide(log.layer))
  })

  it.scoped("is found by a round trip when it was idle for longer than the threshold", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      server.forgetAll()
      yield* TestClock.adjust(Duration.seconds(2))
      assert.strictEqual(yield* idOf(pool), 1)
      assert.strictEqual(server.validations, 1)
      assert.strictEqual((yield* pool.stats).retries, 1)
    })
  })

  it.scoped("costs no round trip while connections are busy", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      yield* Effect.repeatN(idOf(pool), 1_000)
      assert.strictEqual(server.validations, 0)
      assert.strictEqual(server.dials, 1)
    })
  })

  it.scoped("makes its idle siblings be looked at together, not one caller after the other", () => {
    const server = new SimulatedServer()
    const log = captured()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      yield* fill(pool, 10)
      assert.strictEqual((yield* pool.stats).idle, 10)
      server.forgetAll()
      yield* TestClock.adjust(Duration.seconds(2))
      server.trip = Duration.millis(100)
      const caller = yield* Effect.fork(idOf(pool))
      yield* TestClock.adjust(Duration.millis(100))
      assert.strictEqual(yield* Fiber.join(caller), 10)
      yield* TestClock.adjust(Duration.millis(100))
      assert.strictEqual(server.open, 1, "the nine others are gone too")
    }).pipe(Effect.provide(log.layer))
  })

  it.scoped(
    "is looked at as soon as the loss of an active sibling implicates it, and only then",
    () => {
      const server = new SimulatedServer()
      const losses: Array<(loss: Loss) => void> = []
      const connector: Connector<SimulatedConnection> = {
        connect: (onLoss) => {
          losses.push(onLoss)
          return server.connector.connect(onLoss)
        }
      }
      return Effect.gen(function* () {
        const pool = yield* make(connector, defaults)
        yield* fill(pool, 4)
        const lost = { message: "reset by peer", provesRestart: false }
        for (const [loss, validations] of [
          [lost, 0],
          [{ ...lost, implicatesSiblings: true }, 3]
        ] as const) {
          yield* pool.use(({ id }) => Effect.sync(() => losses[id]?.(loss)))
          yield* settled
          assert.strictEqual(server.validations, validations)
        }
        assert.strictEqual((yield* pool.stats).idle, 4, "nobody is condemned")
      })
    }
  )

  it.scoped(
    "is known with all others of its time once one proves that the server restarted",
    () => {
      const server = new SimulatedServer()
      return Effect.gen(function* () {
        const pool = yield* make(server.connector, defaults)
        yield* fill(pool, 3)
        const held = yield* Effect.fork(
          pool.use(({ id }) => Effect.as(Effect.sleep("1 minute"), id))
        )
        yield* settled
        server.endAll({ message: "57P02: the server crashed", provesRestart: true })
        assert.strictEqual((yield* pool.stats).idle, 0)
        assert.isAtLeast(yield* idOf(pool), 3)
        yield* TestClock.adjust(Duration.minutes(1))
        yield* Fiber.join(held)
        assert.isAtMost(server.open, 1, "the one that was active is closed when it comes back")
      })
    }
  )

  it.scoped("never outlives its lifetime, and a surplus retires when idle", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      yield* fill(pool, 5)
      yield* TestClock.adjust(Duration.minutes(5))
      assert.strictEqual((yield* pool.stats).idle, 1)
      yield* TestClock.adjust(Duration.minutes(26))
      assert.strictEqual((yield* pool.stats).total, 0)
      assert.strictEqual(server.dials, 5, "nothing is opened that nobody asked for")
    })
  })
})
