import type { SqlClient } from "@effect/sql"
import { assert, describe, layer } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer, Stream } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { eventually, running } from "../support/Backends.ts"
import { Direct } from "../support/Direct.ts"
import { failure } from "../support/Failure.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const stage = network.pipe(
  Layer.provideMerge(Direct.layer),
  Layer.provideMerge(TestDatabase.address)
)

/** So short that a test need not wait for it. */
const soon: PgClient.PgClientConfig = { maxConnections: 3, silenceThreshold: "160 millis" }

/** A faithful network, one row, and a client of its own. */
const withClient = <A, E, R>(
  config: PgClient.PgClientConfig,
  use: (sql: PgClient.PgClient, faults: FaultProxy["Type"]) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const faults = yield* FaultProxy
    const direct = yield* Direct
    yield* faults.heal
    yield* direct`CREATE TABLE IF NOT EXISTS counter (id int PRIMARY KEY, n int)`
    yield* direct`INSERT INTO counter VALUES (1, 0) ON CONFLICT (id) DO UPDATE SET n = 0`
    const client = proxiedClient({ applicationName: "cut off", ...config })
    const used = Effect.flatMap(PgClient.PgClient, (sql) => use(sql, faults))
    return yield* Effect.provide(used, client)
  })

const increment = (sql: SqlClient.SqlClient) => sql`UPDATE counter SET n = n + 1`

const count = Effect.flatMap(
  Direct,
  (sql) => sql<{ readonly n: number }>`SELECT n FROM counter`
).pipe(Effect.map(([row]) => row?.n))

/** Sessions of the client that the server still has. */
const sessions = Effect.flatMap(
  Direct,
  (sql) => sql`SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'cut off'`
).pipe(Effect.map((rows) => rows.length))

const inTime = Effect.timeout("2 seconds")

/** Something that only happens the first time. */
const once = <A, E, R>(fault: Effect.Effect<A, E, R>) => {
  let isDone = false
  return Effect.suspend((): Effect.Effect<unknown, E, R> => {
    if (isDone) return Effect.void
    isDone = true
    return fault
  })
}

layer(stage, { excludeTestServices: true, timeout: "1 minute" })("in a black hole", (it) => {
  describe("what is under way", () => {
    it.effect("is found out within 2 s by default, all at once, and replayed within 3 s", () =>
      withClient({ maxConnections: 4 }, (sql, { blackholeAll }) =>
        Effect.gen(function* () {
          // Connected beforehand: what sleeps would else be awake before the network goes.
          yield* Effect.all([sql`SELECT pg_sleep(0.05)`, sql`SELECT pg_sleep(0.05)`], {
            concurrency: 2
          })
          let since = Number.POSITIVE_INFINITY
          const swallow = once(
            Effect.gen(function* () {
              yield* eventually(1, running("pg_sleep(0.5)"))
              yield* blackholeAll
              since = yield* Clock.currentTimeMillis
            })
          )
          const body = Effect.gen(function* () {
            yield* increment(sql)
            yield* swallow
            yield* increment(sql)
          })
          const asleep = yield* Effect.fork(failure(sql`SELECT pg_sleep(0.5)`))
          const replayed = yield* Effect.fork(PgClient.replay(sql.withTransaction(body)))
          const error = yield* Fiber.join(asleep)
          assert.isBelow((yield* Clock.currentTimeMillis) - since, 2_000)
          assert.strictEqual(error.outcome, "Unknown")
          assert.include(error.message, "waits for us")
          yield* Fiber.join(replayed)
          assert.isBelow((yield* Clock.currentTimeMillis) - since, 3_000)
          assert.strictEqual(yield* count, 2)
        })
      )
    )

    it.effect("outside a transaction is Unknown, whichever way was cut", () =>
      withClient(soon, (sql, { blackholeAll, cutAt }) =>
        Effect.gen(function* () {
          for (const cut of [blackholeAll, cutAt("toClient", 0, "open", "blackhole")]) {
            yield* sql`SELECT 1`
            yield* cut
            const error = yield* failure(increment(sql)).pipe(inTime)
            assert.strictEqual(error.outcome, "Unknown")
            assert.strictEqual(error.reason._tag, "ConnectionError")
            assert.isTrue(error.isRetryable)
            yield* sql`SELECT 1`.pipe(inTime)
          }
          assert.strictEqual(yield* count, 1)
        })
      )
    )

    it.effect("in a transaction is RolledBack, and its locks are free", () =>
      withClient(soon, (sql, { blackholeAll }) =>
        Effect.gen(function* () {
          const body = Effect.zipRight(Effect.zipLeft(increment(sql), blackholeAll), sql`SELECT 1`)
          const error = yield* failure(sql.withTransaction(body)).pipe(inTime)
          assert.strictEqual(error.outcome, "RolledBack")
          assert.isTrue(error.isSafeToReplay)
          yield* increment(sql).pipe(inTime)
          assert.strictEqual(yield* count, 1)
        })
      )
    )

    it.effect("and is BEGIN, a savepoint or a ROLLBACK, costs a session and nothing else", () =>
      withClient(soon, (sql, { blackholeAll }) =>
        Effect.gen(function* () {
          yield* Effect.zipRight(sql`SELECT 1`, blackholeAll)
          yield* sql.withTransaction(increment(sql)).pipe(inTime)
          const nested = Effect.zipRight(blackholeAll, sql.withTransaction(increment(sql)))
          const begun = Effect.zipRight(sql`SELECT 1`, nested)
          const error = yield* failure(sql.withTransaction(begun)).pipe(inTime)
          assert.strictEqual(error.outcome, "RolledBack")
          const undone = Effect.zipRight(blackholeAll, Effect.fail("undone"))
          const own = sql.withTransaction(Effect.zipRight(increment(sql), undone))
          assert.strictEqual(yield* Effect.flip(own).pipe(inTime), "undone")
          yield* increment(sql).pipe(inTime)
          assert.strictEqual(yield* count, 2)
        })
      )
    )

    it.effect("and is COMMIT, is looked up, and replayed only where it was not committed", () =>
      withClient(soon, (sql, { blackholeAll, cutAt }) =>
        Effect.gen(function* () {
          let runs = 0
          for (const cut of [blackholeAll, cutAt("toClient", 0, "open", "blackhole")]) {
            const swallow = once(cut)
            const body = Effect.gen(function* () {
              runs += 1
              yield* increment(sql)
              yield* swallow
            })
            yield* PgClient.replay(sql.withTransaction(body)).pipe(inTime)
          }
          assert.strictEqual(yield* count, 2)
          assert.strictEqual(runs, 3)
        })
      )
    )

    it.effect("and is a trip of a stream, fails the stream", () =>
      withClient(soon, (sql, { blackholeAll }) =>
        Effect.gen(function* () {
          const rows = sql<{ readonly i: number }>`SELECT i FROM generate_series(1, 1000) AS i`
          const cut = Stream.tap(rows.stream, ({ i }) => (i === 128 ? blackholeAll : Effect.void))
          const error = yield* failure(Stream.runDrain(cut)).pipe(inTime)
          assert.strictEqual(error.outcome, "Unknown")
          assert.isTrue(error.endsSession)
        })
      )
    )

    it.effect("leaves no backend behind, and spares the connections that were not cut", () =>
      withClient(soon, (sql, { cutAt }) =>
        Effect.gen(function* () {
          const asleep = yield* Effect.fork(sql`SELECT pg_sleep(0.8)`)
          yield* eventually(1, running("pg_sleep(0.8)"))
          yield* sql`SELECT 1`
          yield* cutAt("toServer", 0, "open", "blackhole")
          yield* failure(increment(sql))
          // The one that sleeps, and the one that is asked.
          yield* eventually(2, sessions)
          yield* Fiber.join(asleep)
        })
      )
    )
  })

  describe("what is not under way", () => {
    it.effect("is proven before it is lent, as soon as one is found out", () =>
      withClient({ ...soon, validateTimeout: "200 millis" }, (sql, { blackholeAll }) =>
        Effect.gen(function* () {
          yield* Effect.all([sql`SELECT pg_sleep(0.05)`, sql`SELECT pg_sleep(0.05)`], {
            concurrency: 2
          })
          yield* blackholeAll
          yield* failure(increment(sql))
          yield* increment(sql).pipe(inTime)
          assert.strictEqual(yield* count, 1)
        })
      )
    )
  })

  describe("without anybody to ask", () => {
    it.effect("a statement waits for as long as it is allowed to", () =>
      withClient({ ...soon, statementTimeout: "700 millis" }, (sql, { blackhole }) =>
        Effect.gen(function* () {
          yield* Effect.zipRight(sql`SELECT 1`, blackhole)
          const error = yield* failure(increment(sql))
          assert.strictEqual(error.reason._tag, "StatementTimeoutError")
        })
      )
    )

    it.effect("a backend whose client is gone notices by itself, and frees its locks", () =>
      withClient({ silenceThreshold: Duration.infinity }, (sql, { forgetAll }) =>
        Effect.gen(function* () {
          const body = Effect.zipRight(increment(sql), sql`SELECT pg_sleep(20)`)
          const forgotten = yield* Effect.fork(sql.withTransaction(body))
          yield* eventually(1, running("pg_sleep(20)"))
          yield* forgetAll
          const direct = yield* Direct
          yield* increment(direct).pipe(Effect.timeout("4 seconds"))
          yield* Fiber.interrupt(forgotten)
        })
      )
    )
  })
})
