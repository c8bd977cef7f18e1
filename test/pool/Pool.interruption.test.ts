import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Fiber, FastCheck as fc, Scheduler, TestClock } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { settled } from "../support/Captured.ts"

/** Has a fiber give way once, before its nth operation, and tells when it does. */
class GivesWay extends Scheduler.MixedScheduler {
  operations = 0
  private readonly before: number
  private readonly onGivingWay: () => void

  constructor(before: number, onGivingWay: () => void) {
    super(2048)
    this.before = before
    this.onGivingWay = onGivingWay
  }

  override shouldYield(): number | false {
    this.operations += 1
    if (this.operations !== this.before) return false
    this.onGivingWay()
    return 0
  }
}

describe("interruption", () => {
  it.scoped("of a caller in the queue returns at once and leaves its place", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 1 })
      const holder = yield* Effect.fork(pool.use(() => Effect.never))
      yield* settled
      const waiting = yield* Effect.fork(Effect.scoped(pool.acquire))
      yield* settled
      assert.strictEqual((yield* pool.stats).waiting, 1)
      yield* Fiber.interrupt(waiting)
      assert.strictEqual((yield* pool.stats).waiting, 0)
      yield* Fiber.interrupt(holder)
      assert.strictEqual((yield* pool.stats).idle, 1)
    })
  })

  it.scoped("before any operation of an errand's fiber cancels it, or it never begins", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 1 })
      for (let before = 1; before <= 40; before++) {
        const holder = yield* Effect.fork(pool.use(() => Effect.sleep("1 second")))
        yield* settled
        let underWay = 0
        const errand = pool.run(() => {
          underWay += 1
          return Effect.sync(() => {
            underWay -= 1
          })
        })
        let interrupt = (): void => undefined
        const scheduler = new GivesWay(before, () => interrupt())
        const fiber = yield* Effect.fork(Effect.withScheduler(errand, scheduler))
        interrupt = () => fiber.unsafeInterruptAsFork(fiber.id())
        yield* settled
        yield* Fiber.interrupt(fiber)
        assert.strictEqual((yield* pool.stats).waiting, 0, `before operation ${before}`)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(holder)
        assert.strictEqual(underWay, 0, `before operation ${before}`)
        assert.strictEqual((yield* pool.stats).idle, 1)
      }
    })
  })

  it.scoped("by a defect hits nobody but the errand that has it, and costs its connection", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 1 })
      const holder = yield* Effect.fork(pool.use(() => Effect.sleep("1 second")))
      yield* settled
      const faulty = yield* Effect.fork(
        pool.run(() => {
          throw new Error("a bug")
        })
      )
      const next = yield* Effect.fork(pool.use(({ request }) => request))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(holder)
      assert.isTrue(Cause.isDie(yield* Effect.flip(Effect.sandbox(Fiber.join(faulty)))))
      yield* Fiber.join(next)
      const { evicted, idle, total } = yield* pool.stats
      assert.deepStrictEqual([total, idle, evicted.broken], [1, 1, 1])
    })
  })

  it.scoped.prop(
    "at any moment, of any caller, leaks no connection",
    {
      callers: fc.array(
        fc.record({
          start: fc.nat({ max: 40 }),
          hold: fc.nat({ max: 30 }),
          interruptAfter: fc.nat({ max: 60 })
        }),
        { minLength: 1, maxLength: 40 }
      ),
      max: fc.integer({ min: 1, max: 4 }),
      connectTime: fc.nat({ max: 20 })
    },
    ({ callers, connectTime, max }) => {
      const server = new SimulatedServer()
      return Effect.gen(function* () {
        const pool = yield* make(server.connector, { ...defaults, max })
        server.connectTime = Duration.millis(connectTime)
        const fibers = yield* Effect.forEach(callers, ({ hold, interruptAfter, start }) =>
          Effect.fork(
            Effect.sleep(Duration.millis(start)).pipe(
              Effect.zipRight(pool.use(() => Effect.sleep(Duration.millis(hold)))),
              Effect.raceFirst(Effect.sleep(Duration.millis(interruptAfter)))
            )
          )
        )
        yield* TestClock.adjust(Duration.millis(200))
        yield* Effect.forEach(fibers, Fiber.join)
        const stats = yield* pool.stats
        assert.strictEqual(stats.active, 0)
        assert.strictEqual(stats.waiting, 0)
        assert.strictEqual(stats.idle, server.open)
        assert.isAtMost(server.peak, max)
      })
    },
    { fastCheck: { numRuns: 30 } }
  )
})
