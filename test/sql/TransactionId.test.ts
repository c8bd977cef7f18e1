import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { SqlClient } from "@effect/sql"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { TransactionId } from "../../src/sql/session/TransactionId.ts"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { temporaryDirectory } from "../testing/ServerFixture.ts"

const table = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS counted (id int)`
  yield* sql`TRUNCATE counted`
  return sql
})

const assigned = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ readonly xid: string | null }>`SELECT pg_current_xact_id_if_assigned()::text AS xid`,
    ([row]) => row?.xid
  )

layer(TestDatabase.client(), { excludeTestServices: true })("learning a transaction's id", (it) => {
  it.effect("gives none to a transaction that reads, whichever way it reads", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const reads = Effect.gen(function* () {
        yield* sql`SELECT id FROM counted WHERE id = ${1}`
        yield* sql`SELECT id FROM counted`
        yield* sql.unsafe("SELECT 1; SELECT 2")
        yield* sql.withTransaction(sql`SELECT count(*) FROM counted`)
        return yield* assigned(sql)
      })
      assert.isNull(yield* sql.withTransaction(reads))
    })
  )

  it.effect("leaves the isolation level to be set inside", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const level = Effect.gen(function* () {
        yield* sql`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`
        yield* sql`SET TRANSACTION READ ONLY, DEFERRABLE`
        yield* sql`SELECT id FROM counted`
        return yield* sql`SHOW transaction_isolation`
      })
      assert.deepStrictEqual(yield* sql.withTransaction(level), [
        { transaction_isolation: "serializable" }
      ])
    })
  )

  it.effect("takes no snapshot before the transaction's own first statement", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const other = yield* Effect.map(TestDatabase, ({ url }) => PgClient.layer({ url }))
      const insert = Effect.flatMap(
        SqlClient.SqlClient,
        (sql) => sql`INSERT INTO counted VALUES (1)`
      )
      const seen = Effect.gen(function* () {
        yield* sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`
        yield* sql`LOCK TABLE counted IN ACCESS SHARE MODE`
        yield* Effect.provide(insert, other)
        return yield* sql`SELECT id FROM counted`
      })
      assert.deepStrictEqual(yield* sql.withTransaction(seen), [{ id: 1 }])
    })
  )

  it.effect("does not hide a failure of the statement, nor its rows and counts", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const raw = sql.withTransaction(sql`INSERT INTO counted VALUES (1), (2) RETURNING id`.raw)
      assert.deepInclude(yield* raw, {
        command: "INSERT",
        rowCount: 2,
        rows: [{ id: 1 }, { id: 2 }]
      })
      const error = yield* Effect.flip(sql.withTransaction(sql`SELECT 1 / ${0}::int`))
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.sqlState, "22012")
    })
  )
})

/** A server that only replays what a primary sends, and whose primary is away. */
const standby = Layer.unwrapScoped(
  Effect.gen(function* () {
    const directory = join(yield* temporaryDirectory, "data")
    const data = EmbeddedPostgres.layer({ directory })
    const initial = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`CREATE TABLE counted (id int)`)
    const address = Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url }))
    yield* Effect.provide(initial, Layer.provide(Layer.unwrapEffect(address), data))
    yield* Effect.promise(() => writeFile(join(directory, "cluster", "data", "standby.signal"), ""))
    return Layer.provideMerge(Layer.unwrapEffect(address), data)
  })
)

layer(standby, { excludeTestServices: true, timeout: "1 minute" })("on a standby", (it) => {
  it.effect("transactions read as on a primary", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const read = sql.withTransaction(
        sql`SELECT pg_is_in_recovery() AS standby FROM (SELECT ${1}) x`
      )
      for (const _ of [1, 2, 3]) assert.deepStrictEqual(yield* read, [{ standby: true }])
      assert.deepStrictEqual(yield* sql.withTransaction(sql`SELECT id FROM counted`), [])
      const error = yield* Effect.flip(sql.withTransaction(sql`INSERT INTO counted VALUES (1)`))
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.reason._tag, "ReadOnlyError")
    })
  )
})

describe("what is known of a transaction's id", () => {
  const row = ["7", "1.5", "1.25", "2.5"]

  it("is in doubt once something has run behind which it was not asked", () => {
    const id = new TransactionId()
    for (const command of ["BEGIN", "SET", "SAVEPOINT", "ROLLBACK"]) id.ran(command)
    assert.isFalse(id.isDoubtful)
    id.ran("DO")
    assert.isTrue(id.isDoubtful)
    id.learn([null, ...row.slice(1)])
    assert.isFalse(id.isDoubtful)
    id.ran("INSERT")
    id.learn(row)
    assert.isFalse(id.isDoubtful)
    assert.deepStrictEqual(id.assigned, {
      xid: "7",
      assignedAt: 2.5,
      incarnation: { startedAt: "1.5", statisticsSince: "1.25" }
    })
  })
})
