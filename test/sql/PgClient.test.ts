import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Chunk, Effect, Fiber, Redacted, Stream } from "effect"
import * as pg from "pg"
import { Pool } from "../../src/pool/index.ts"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Ends all other sessions, and answers when they have ended. */
const killOthers = (sql: SqlClient.SqlClient) => sql`
  SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()`

/** All that the event loop had at hand has been done. */
const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

layer(TestDatabase.layer, { excludeTestServices: true })("the client", (it) => {
  it.effect("never lends a session that was given back inside a transaction", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE kept (id int)`
      const begin = Effect.flatMap(sql.reserve, (session) =>
        Effect.zipRight(
          session.executeUnprepared("BEGIN", [], undefined),
          session.executeUnprepared("INSERT INTO kept VALUES (1)", [], undefined)
        )
      )
      yield* Effect.scoped(begin)
      yield* sql`INSERT INTO kept VALUES (2)`
      const seen = yield* Effect.provide(
        Effect.flatMap(SqlClient.SqlClient, (other) => other`SELECT id FROM kept`),
        yield* Effect.map(TestDatabase, ({ url }) => PgClient.layer({ url }))
      )
      assert.deepStrictEqual(seen, [{ id: 2 }])
    })
  )

  it.effect("does not run its statements in the transaction of another client", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { url } = yield* TestDatabase
      yield* sql`CREATE TABLE journal (line text)`
      yield* Effect.gen(function* () {
        const other = yield* SqlClient.SqlClient
        const failing = Effect.gen(function* () {
          yield* sql`INSERT INTO journal VALUES ('rolled back')`
          yield* other`INSERT INTO journal VALUES ('kept')`
          yield* other.withTransaction(other`INSERT INTO journal VALUES ('kept as well')`)
          yield* sql.withoutTransforms()`INSERT INTO journal VALUES ('rolled back too')`
          return yield* Effect.fail("no")
        })
        yield* Effect.flip(sql.withTransaction(failing))
      }).pipe(Effect.provide(PgClient.layer({ url })))
      const lines = yield* sql<{ readonly line: string }>`SELECT line FROM journal ORDER BY line`
      assert.deepStrictEqual(
        lines.map(({ line }) => line),
        ["kept", "kept as well"]
      )
    })
  )

  it.effect("streams rows, and gives the session back when the stream is left early", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const pool = yield* Pool
      const numbers = sql<{ readonly n: number }>`SELECT generate_series(1, 1000) AS n`.stream
      const rows = yield* Stream.runCollect(numbers)
      assert.strictEqual(Chunk.size(rows), 1_000)
      const first = yield* Stream.runCollect(Stream.take(numbers, 3))
      assert.deepStrictEqual(
        Chunk.toArray(first).map(({ n }) => n),
        [1, 2, 3]
      )
      assert.strictEqual((yield* pool.stats).active, 0)
    })
  )

  it.effect("fails a stream whose session is ended, and does not hang", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const pool = yield* Pool
      const endless = sql`SELECT generate_series(1, 100000000) AS n`.stream
      const reading = yield* Effect.fork(Effect.flip(Stream.runDrain(endless)))
      yield* Effect.sleep("50 millis")
      yield* killOthers(sql)
      const error = yield* Effect.timeout(Fiber.join(reading), "5 seconds")
      assert.instanceOf(error, PgError)
      assert.strictEqual((yield* pool.stats).active, 0)
    })
  )

  it.effect("stands on an existing pg.Pool, and survives there as well", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const acquire = Effect.acquireRelease(
        Effect.sync(() => new pg.Pool({ connectionString: Redacted.value(url), max: 3 })),
        (pool) => Effect.promise(() => pool.end())
      )
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (let round = 0; round < 10; round++) {
          const answers = yield* Effect.all(
            Array.from({ length: 6 }, () => sql`SELECT 1 AS one`),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(answers.length, 6)
          yield* killOthers(sql)
          // The ends came before the answer, and only have to be read.
          yield* Effect.repeatN(turn, 10)
        }
      }).pipe(Effect.provide(PgClient.layerFromPool({ acquire })))
    })
  )
})
