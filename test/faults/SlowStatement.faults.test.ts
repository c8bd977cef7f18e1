import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient } from "../../src/sql/index.ts"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { eventually } from "../support/Backends.ts"
import { Direct } from "../support/Direct.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** A tenth of the default: a second is as long here as ten. */
const impatient: PgClient.PgClientConfig = { silenceThreshold: "100 millis", maxConnections: 6 }

const stage = proxiedClient(impatient).pipe(
  Layer.provideMerge(network),
  Layer.provideMerge(Direct.layer),
  Layer.provideMerge(TestDatabase.address)
)

/** Nothing was given up meanwhile. */
const spared = Effect.gen(function* () {
  const { lastError } = yield* Effect.flatMap(Pool, ({ stats }) => stats)
  assert.deepStrictEqual(lastError._tag, "None")
})

layer(stage, { excludeTestServices: true, timeout: "1 minute" })("is no silence:", (it) => {
  it.effect("a backend that sleeps, calculates or waits for a lock, however long", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const direct = yield* Direct
      yield* direct`CREATE TABLE locked (id int)`
      const release = yield* Effect.fork(
        direct.withTransaction(Effect.zipRight(direct`LOCK TABLE locked`, Effect.sleep("1 second")))
      )
      const calculation = sql`SELECT count(*) FROM generate_series(1, 2000000)`
      const waiting = Effect.zipRight(Effect.sleep("50 millis"), sql`INSERT INTO locked VALUES (1)`)
      const asleep = sql`SELECT pg_sleep(1.5)`
      yield* Effect.all([asleep, sql.withTransaction(asleep), calculation, waiting], {
        concurrency: "unbounded"
      })
      yield* Fiber.join(release)
      yield* spared
    })
  )

  it.effect("a stream that its reader leaves waiting, and opens no connection to ask", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { stats } = yield* FaultProxy
      const rows = sql<{ readonly i: number }>`SELECT i FROM generate_series(1, 256) AS i`
      const before = yield* stats
      const slowly = Stream.tap(rows.stream, ({ i }) => Effect.sleep(i === 128 ? "400 millis" : 0))
      assert.strictEqual(yield* Stream.runCount(slowly), 256)
      assert.strictEqual((yield* stats).accepted, before.accepted)
      yield* spared
    })
  )

  it.effect("a narrow network, either way", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { bandwidth, heal } = yield* FaultProxy
      const bytes = Buffer.alloc(150_000)
      yield* Effect.all([sql`SELECT 1`, sql`SELECT 1`], { concurrency: 2 })
      yield* bandwidth(200_000)
      const up = sql`SELECT length(${bytes}::bytea) AS length`
      const down = sql`SELECT repeat('x', 250000) AS text`
      const [[length]] = yield* Effect.all([up, down], { concurrency: 2 })
      assert.deepStrictEqual(length, { length: 150_000 })
      yield* spared
      yield* heal
    })
  )
})

/** COMMIT waits for a standby only where it is asked to. */
const ownServer = EmbeddedPostgres.layer({ settings: { synchronous_commit: "local" } })

/** The standby that a COMMIT waits for; none has this name. */
const standby = (name: string) =>
  Effect.flatMap(Direct, (sql) =>
    Effect.zipRight(
      sql.unsafe(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`),
      sql`SELECT pg_reload_conf()`
    )
  )

const waitsForStandby = Effect.flatMap(
  Direct,
  (sql) => sql`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`
).pipe(Effect.map((rows) => rows.length))

const server = Layer.unwrapEffect(
  Effect.map(EmbeddedPostgres, ({ url }) =>
    Layer.merge(PgClient.layer({ ...impatient, url }), Direct.at(url))
  )
).pipe(Layer.provideMerge(ownServer))

layer(server, { excludeTestServices: true, timeout: "1 minute" })("is no silence:", (it) => {
  it.effect("a COMMIT that waits for its standby, and its backend is never ended", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE written (id int)`
      yield* standby("nobody")
      const body = Effect.zipRight(
        sql`SET LOCAL synchronous_commit = on`,
        sql`INSERT INTO written VALUES (1)`
      )
      // The server learns of its standby some time after it was told to: only then does one wait.
      let hasWaited = false
      const committing = yield* Effect.fork(
        Effect.repeat(sql.withTransaction(body), { while: () => !hasWaited })
      )
      yield* eventually(1, waitsForStandby)
      hasWaited = true
      yield* Effect.sleep("600 millis")
      assert.strictEqual(yield* waitsForStandby, 1)
      yield* standby("")
      yield* Fiber.join(committing)
      yield* spared
    })
  )
})
