import { SqlClient, type SqlError } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Option, Random, Schedule } from "effect"
import { Pool } from "../../src/pool/Pool.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const stage = Layer.provideMerge(network, TestDatabase.address)

const backend = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`,
    ([row]) => row?.pid ?? 0
  )

/** Runs a statement for a moment, and measures how long its interruption takes. */
const interrupted = (sql: SqlClient.SqlClient, seconds: number) =>
  Effect.gen(function* () {
    const running = yield* Effect.fork(sql`SELECT pg_sleep(${seconds})`)
    yield* Effect.sleep("100 millis")
    const [took] = yield* Effect.timed(Fiber.interrupt(running))
    return Duration.toMillis(took)
  })

/** 100 ms is the promise; the rest is what two busy cores may add to it. */
const promptly = 250

layer(stage, { excludeTestServices: true })("interrupting a statement", (it) => {
  it.effect("cancels it on the server and keeps the connection, even the only one", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      let kept = 0
      for (let round = 0; round < 5; round++) {
        const before = yield* backend(sql)
        assert.isBelow(yield* interrupted(sql, 30), promptly)
        if ((yield* backend(sql)) === before) kept += 1
      }
      // Where a busy machine confirms too late, the connection is dropped, and rightly so.
      assert.isAtLeast(kept, 1)
      yield* Effect.sleep("200 millis")
      const busy =
        yield* sql`SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND datname = current_database() AND pid <> pg_backend_pid()`
      assert.deepStrictEqual(busy, [])
    }).pipe(Effect.provide(proxiedClient({ maxConnections: 1 })))
  )

  it.effect("returns in time from a network that swallows everything, and leaks nothing", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const pool = yield* Pool
      const proxy = yield* FaultProxy
      yield* sql`SELECT 1`
      const running = yield* Effect.fork(sql`SELECT pg_sleep(30)`)
      yield* Effect.sleep("50 millis")
      yield* proxy.blackhole
      const [took] = yield* Effect.timed(Fiber.interrupt(running))
      assert.isBelow(Duration.toMillis(took), promptly)
      yield* proxy.heal
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
      assert.strictEqual((yield* pool.stats).active, 0)
    }).pipe(Effect.provide(proxiedClient({ maxConnections: 1 })))
  )

  it.effect("cancels it also where the cancel has overtaken it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const proxy = yield* FaultProxy
      let kept = 0
      for (let round = 0; round < 3; round++) {
        const before = yield* backend(sql)
        yield* proxy.latency("30 millis")
        const running = yield* Effect.fork(sql`SELECT pg_sleep(30)`)
        yield* Effect.sleep("5 millis")
        yield* proxy.latency(0)
        yield* Fiber.interrupt(running)
        if ((yield* backend(sql)) === before) kept += 1
      }
      assert.isAtLeast(kept, 1)
    }).pipe(Effect.provide(proxiedClient({ maxConnections: 1 })))
  )

  it.effect("returns in time from inside transactions, however deep, on a slow network", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const proxy = yield* FaultProxy
      yield* sql`SELECT 1`
      yield* proxy.latency("25 millis")
      const within = (depth: number): Effect.Effect<unknown, SqlError.SqlError> =>
        sql.withTransaction(depth === 1 ? sql`SELECT pg_sleep(30)` : within(depth - 1))
      const running = yield* Effect.fork(within(6))
      yield* Effect.sleep("600 millis")
      const [took] = yield* Effect.timed(Fiber.interrupt(running))
      yield* proxy.heal
      assert.isBelow(Duration.toMillis(took), promptly)
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
    }).pipe(Effect.provide(proxiedClient({ maxConnections: 1 })))
  )

  it.effect("returns in time while a failed transaction is being rolled back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const proxy = yield* FaultProxy
      const failing = Effect.zipRight(proxy.blackhole, Effect.fail("no"))
      for (const body of [failing, sql.withTransaction(failing)]) {
        const running = yield* Effect.fork(
          sql.withTransaction(Effect.zipRight(sql`SELECT 1`, body))
        )
        yield* Effect.sleep("200 millis")
        const [took] = yield* Effect.timed(Fiber.interrupt(running))
        yield* proxy.heal
        assert.isBelow(Duration.toMillis(took), promptly)
      }
    }).pipe(Effect.provide(proxiedClient({ maxConnections: 1 })))
  )

  it.effect("has its own time in a transaction that outlived another interrupt", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      let kept = 0
      for (let round = 0; round < 5; round++) {
        const before = yield* backend(sql)
        const nested = sql.withTransaction(sql`SELECT pg_sleep(30)`)
        const twice = Effect.gen(function* () {
          yield* Effect.timeoutOption(nested, "50 millis")
          yield* Effect.sleep("100 millis")
          yield* sql`SELECT 1`
          yield* nested
        })
        yield* Effect.timeoutOption(sql.withTransaction(twice), "300 millis")
        if ((yield* backend(sql)) === before) kept += 1
      }
      // As above: a busy machine may confirm too late.
      assert.isAtLeast(kept, 1)
    }).pipe(Effect.provide(proxiedClient({ maxConnections: 1 })))
  )

  it.effect(
    "never cancels the statement of anybody else",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const pool = yield* Pool
        let cancelled = 0
        let served = 0
        // They go on until there were cancels enough to hit them: how many come in a time, a machine
        // that is busy decides.
        const innocent = sql`SELECT pg_sleep(0.002)`.pipe(
          Effect.tap(() => {
            served += 1
          }),
          Effect.repeat({ while: () => cancelled <= 100 || served < 200 })
        )
        const restless = Effect.gen(function* () {
          const patience = yield* Random.nextIntBetween(0, 6)
          const late = Effect.timeoutOption(sql`SELECT pg_sleep(0.004)`, Duration.millis(patience))
          if (Option.isNone(yield* late)) cancelled += 1
        }).pipe(Effect.forever)
        yield* Effect.all([restless, restless, restless], { concurrency: "unbounded" }).pipe(
          Effect.raceFirst(Effect.all([innocent, innocent], { concurrency: "unbounded" }))
        )
        // A session that others shared comes back when no request to cancel is on its way any more.
        const isQuiet = Effect.map(pool.stats, ({ active, waiting }) => active + waiting === 0)
        yield* isQuiet.pipe(
          Effect.repeat({ until: (quiet) => quiet, schedule: Schedule.spaced("5 millis") }),
          Effect.timeout("1 second")
        )
      }).pipe(Effect.provide(proxiedClient({ maxConnections: 3 }))),
    60_000
  )
})
