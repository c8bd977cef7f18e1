import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Duration, Effect, Fiber, Metric, Stream, TestClock } from "effect"
import type { Connection } from "../../src/pool/Connection.ts"
import { make, type PoolOf } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { ConnectError, noRefusals, PoolClosed } from "../../src/pool/PoolError.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { captured, settled } from "../support/Captured.ts"

describe("what happens in a pool", () => {
  it.scoped("is told to whoever listens, with its reason and its time", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, defaults)
      const listener = yield* Effect.fork(Stream.runCollect(Stream.take(pool.events, 8)))
      yield* settled
      server.goAway()
      const caller = yield* Effect.fork(pool.use(() => Effect.void))
      yield* settled
      server.comeBack()
      yield* TestClock.adjust(Duration.seconds(1))
      yield* Fiber.join(caller)
      yield* pool.note("CommitConfirmed", "transaction 7 was committed")
      const occurrences = Arr.fromIterable(yield* Fiber.join(listener))
      assert.deepStrictEqual(
        occurrences.map(({ event }) => event._tag),
        [
          "Evicted",
          "Invalid",
          "Stale",
          "BreakerOpened",
          "DialFailed",
          "Dialed",
          "Reconnected",
          "Noted"
        ]
      )
      const evicted = occurrences.find(({ event }) => event._tag === "Evicted")
      assert.deepInclude(evicted?.event, { reason: "broken", detail: "57P02: the server crashed" })
    })
  })

  it.scoped("is not told as the end of an outage where the pool served all the while", () => {
    const server = new SimulatedServer()
    server.maxConnections = 1
    const { layer, lines } = captured()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 2 })
      yield* Effect.forkScoped(pool.use(() => Effect.sleep("5 seconds")))
      yield* settled
      const caller = yield* Effect.fork(pool.use(() => Effect.void))
      yield* TestClock.adjust("1 second")
      server.maxConnections = 2
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(caller)
      const told = lines.map(({ message }) => message).join("\n")
      assert.notInclude(told, "Database connection restored")
      assert.match(told, /One more database connection opened after \d+ attempts and /)
    }).pipe(Effect.provide(layer))
  })

  it.scoped("is counted from the beginning, each count for one thing", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, max: 1, maxWaiting: 1 })
      const holder = yield* Effect.fork(pool.use(() => Effect.sleep(Duration.seconds(20))))
      yield* settled
      const waiting = yield* Effect.fork(Effect.flip(pool.use(() => Effect.void)))
      yield* settled
      const error = yield* Effect.flip(pool.use(() => Effect.void))
      assert.strictEqual(error._tag, "QueueFull")
      assert.match(
        error.message,
        /^The queue for a connection is full: 1 caller waits \(total 1 of 1/
      )
      yield* TestClock.adjust(Duration.seconds(10))
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "AcquireTimeout")
      const leaver = yield* Effect.fork(pool.use(() => Effect.void))
      yield* settled
      yield* Fiber.interrupt(leaver)
      yield* TestClock.adjust(Duration.seconds(10))
      yield* Fiber.join(holder)
      const stats = yield* pool.stats
      assert.deepInclude(stats, {
        acquired: 1,
        waited: 0,
        refused: { AcquireTimeout: 1, ConnectError: 0, PoolClosed: 0, QueueFull: 1 },
        cancelled: 1,
        dialed: 1,
        active: 0,
        idle: 1,
        breaker: "closed"
      })
      assert.strictEqual(Duration.toSeconds(stats.useTime), 20)
    })
  })

  it.scoped("counts who is refused because no dial can succeed", () => {
    const server = new SimulatedServer()
    server.refusal = wrongPassword
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, lazy: true })
      yield* settled
      assert.deepStrictEqual(yield* refusedTogether(pool, 3), [
        "ConnectError",
        "ConnectError",
        "ConnectError"
      ])
      const { refused } = yield* pool.stats
      assert.deepStrictEqual(refused, { ...noRefusals, ConnectError: 3 })
    })
  })

  it.scoped(
    "is an error in the log when callers are refused for good, once for each outage",
    () => {
      const server = new SimulatedServer()
      const { layer, lines } = captured()
      return Effect.gen(function* () {
        const pool = yield* make(server.connector, defaults)
        server.goAway()
        server.refusal = wrongPassword
        yield* refusedTogether(pool, 3)
        yield* refusedTogether(pool, 2)
        yield* settled
        const errors = lines.filter(({ level }) => level === "ERROR")
        assert.deepStrictEqual(
          errors.map(({ message }) => message),
          [
            "Failed to get connection for 3 callers, and trying again can't help (28P01: password authentication failed): check address, user, password, database, certificate and quota. Until that is mended, whoever needs a new connection is refused"
          ]
        )
        server.comeBack()
        yield* advancing(pool.check)
        server.endAll({ message: "57P01: terminating connection", provesRestart: false })
        server.refusal = wrongPassword
        yield* refusedTogether(pool, 1)
        yield* settled
        assert.include(lines.at(-1)?.message, "Failed to get connection for 1 caller, and")
      }).pipe(Effect.provide(layer))
    }
  )

  it.scoped("is measured under OpenTelemetry's names", () => {
    const server = new SimulatedServer()
    server.connectTime = Duration.millis(30)
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, name: "observed" })
      yield* pool.use(() =>
        Effect.gen(function* () {
          assert.strictEqual(yield* read("count", "used"), 1)
          yield* Effect.sync(() => undefined)
        })
      )
      assert.strictEqual(yield* read("count", "used"), 0)
      assert.strictEqual(yield* read("count", "idle"), 1)
      assert.strictEqual(yield* read("max"), 10)
      assert.strictEqual(yield* read("pending_requests"), 0)
    }).pipe(advancing)
  })

  it.scoped("begins every count by reason at 0, so that the first one is seen to be more", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      yield* make(server.connector, { ...defaults, name: "observed", lazy: true })
      for (const reason of ["AcquireTimeout", "ConnectError", "PoolClosed", "QueueFull"]) {
        assert.strictEqual(yield* read("refusals", reason), 0, reason)
      }
      for (const reason of ["idle", "lifetime", "invalid", "broken", "generation", "drain"]) {
        assert.isDefined(yield* read("evictions", reason), reason)
      }
    }).pipe(advancing)
  })

  it.scoped(
    "tells of a connection that is held too long, with the span that holds it, once",
    () => {
      const server = new SimulatedServer()
      const log = captured()
      return Effect.gen(function* () {
        const pool = yield* make(server.connector, defaults)
        const holder = yield* pool
          .use(() => Effect.never)
          .pipe(Effect.withSpan("Reports.monthly"), Effect.fork)
        const quick = pool.use(() => Effect.sleep(Duration.seconds(50)))
        yield* Effect.fork(Effect.zipRight(quick, quick))
        yield* TestClock.adjust(Duration.minutes(5))
        yield* settled
        const leaks = log.lines.filter(({ message }) => message.startsWith("Connection held"))
        assert.strictEqual(leaks.length, 1)
        assert.match(
          leaks[0]?.message ?? "",
          /^Connection held for 60s by span "Reports.monthly" \(trace \w+, span \w+\)/
        )
        yield* Fiber.interrupt(holder)
      }).pipe(Effect.provide(log.layer))
    }
  )
})

describe("a pool that is drained", () => {
  it.scoped("lends no more, and ends when what is borrowed has come back", () => {
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...defaults, min: 4 })
      yield* Effect.fork(pool.use(() => Effect.sleep(Duration.seconds(30))))
      yield* settled
      const drained = yield* Effect.fork(pool.drain)
      yield* settled
      assert.instanceOf(yield* Effect.flip(pool.use(() => Effect.void)), PoolClosed)
      assert.strictEqual(server.open, 1)
      yield* TestClock.adjust(Duration.seconds(29))
      assert.strictEqual(server.open, 1)
      yield* TestClock.adjust(Duration.seconds(1))
      yield* Fiber.join(drained)
      assert.strictEqual(server.open, 0)
      assert.strictEqual((yield* pool.stats).total, 0)
    })
  })
})

const wrongPassword = new ConnectError({
  message: "28P01: password authentication failed",
  isFatal: true,
  provesRestart: false
})

/** What so many who come at once are told. */
const refusedTogether = ({ check }: PoolOf<Connection>, callers: number) => {
  const tag = Effect.map(Effect.flip(check), ({ _tag }) => _tag)
  return advancing(Effect.all(Arr.replicate(tag, callers), { concurrency: "unbounded" }))
}

/** What a metric of the pool named "observed" says now. */
const read = (suffix: string, state?: string) =>
  Effect.map(Metric.snapshot, (pairs) => {
    const labelled = pairs.find(
      ({ metricKey }) =>
        metricKey.name === `db.client.connection.${suffix}` &&
        metricKey.tags.some(({ value }) => value === "observed") &&
        (state === undefined || metricKey.tags.some(({ value }) => value === state))
    )
    const value = labelled?.metricState
    if (value === undefined) return undefined
    if ("value" in value) return value.value
    return "count" in value ? value.count : undefined
  })

/** Lets the simulated time go on while an effect waits for it. */
const advancing = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(Duration.seconds(1))
    return yield* Fiber.join(fiber)
  })
