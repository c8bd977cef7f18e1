import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Redacted, Stream } from "effect"
import * as pg from "pg"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** A pool of the caller's own, with one connection. */
const ownPool = Effect.flatMap(TestDatabase, ({ url }) =>
  Effect.acquireRelease(
    Effect.sync(() => new pg.Pool({ connectionString: Redacted.value(url), max: 1 })),
    (pool) => Effect.promise(() => (pool.ended ? Promise.resolve() : pool.end()))
  )
)

const within = <A>(promise: () => Promise<A>) =>
  Effect.timeout(Effect.promise(promise), Duration.seconds(3))

layer(TestDatabase.address, { excludeTestServices: true })("a pool of the caller's own", (it) => {
  it.scoped("gets its connection back, alive, for others", () =>
    Effect.gen(function* () {
      const pool = yield* ownPool
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [ours] = yield* sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`
        const { rows } = yield* within(() => pool.query("SELECT pg_backend_pid() AS pid"))
        assert.deepStrictEqual(rows, [ours])
        assert.deepStrictEqual(yield* sql`SELECT pg_backend_pid() AS pid`, rows)
        yield* sql.withTransaction(sql`SELECT 1`)
      }).pipe(Effect.provide(PgClient.layerFromPool({ acquire: Effect.succeed(pool) })))
      assert.strictEqual(pool.totalCount, 1)
      assert.strictEqual(pool.idleCount, 1)
      assert.deepStrictEqual([pool.listenerCount("error"), pool.listenerCount("acquire")], [0, 0])
      const client = yield* within(() => pool.connect())
      assert.strictEqual(client.listenerCount("notice"), 0)
      client.release()
    })
  )

  it.scoped("can end while a client stands on it", () =>
    Effect.gen(function* () {
      const pool = yield* ownPool
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`SELECT 1`
        yield* within(() => pool.end())
      }).pipe(Effect.provide(PgClient.layerFromPool({ acquire: Effect.succeed(pool) })))
    })
  )

  it.scoped("does not get back a session inside a transaction", () =>
    Effect.gen(function* () {
      const pool = yield* ownPool
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.unsafe("BEGIN; SELECT 1")
        const { rows } = yield* within(() => pool.query("SELECT txid_current_if_assigned() AS id"))
        assert.deepStrictEqual(rows, [{ id: null }])
      }).pipe(Effect.provide(PgClient.layerFromPool({ acquire: Effect.succeed(pool) })))
    })
  )

  it.scoped("lets a client listen that has no connection left", () =>
    Effect.gen(function* () {
      const pool = yield* ownPool
      yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        const held = yield* sql.reserve
        assert.lengthOf(yield* held.execute("SELECT 1", [], undefined), 1)
        const first = PgClient.notifications("news").pipe(Stream.runHead)
        const event = yield* Effect.timeout(first, Duration.seconds(3))
        assert.strictEqual(event._tag, "Some")
      }).pipe(Effect.provide(PgClient.layerFromPool({ acquire: Effect.succeed(pool) })))
    })
  )
})
