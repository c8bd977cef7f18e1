import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { failure } from "../support/Failure.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const table = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS byhand (id int)`
  yield* sql`TRUNCATE byhand`
  return sql
})

const count = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ readonly count: number }>`SELECT count(*)::int FROM byhand`,
    ([row]) => row?.count
  )

const refused = [
  "COMMIT",
  "commit and chain",
  "/* so /* or */ so */ End",
  "ROLLBACK",
  "rollback work",
  "ABORT",
  "BEGIN",
  "START TRANSACTION",
  "PREPARE TRANSACTION 'x'"
]

const scripts = [
  "INSERT INTO byhand VALUES (2); COMMIT",
  "INSERT INTO byhand VALUES (2); COMMIT AND CHAIN",
  "INSERT INTO byhand VALUES (2); ROLLBACK AND CHAIN",
  "SELECT 1; COMMIT; BEGIN; INSERT INTO byhand VALUES (2)",
  "SELECT 1; ROLLBACK; BEGIN; INSERT INTO byhand VALUES (2)",
  "SELECT 1; ROLLBACK; START TRANSACTION; INSERT INTO byhand VALUES (2)"
]

/** They fail behind the end of the transaction: outside of any, and in another one. */
const failingScripts = [
  "INSERT INTO byhand VALUES (2); COMMIT; SELECT 1 / 0",
  "INSERT INTO byhand VALUES (2); COMMIT; BEGIN; SELECT 1 / 0",
  "SELECT 1; ROLLBACK; BEGIN; SELECT 1 / 0"
]

layer(TestDatabase.client(), { excludeTestServices: true })("a transaction", (it) => {
  it.effect("can't be ended by hand from its inside", () =>
    Effect.gen(function* () {
      const sql = yield* table
      for (const text of refused) {
        const error = yield* failure(
          sql.withTransaction(Effect.zipRight(sql`INSERT INTO byhand VALUES (1)`, sql.unsafe(text)))
        )
        assert.strictEqual(error.outcome, "RolledBack", text)
      }
      assert.strictEqual(yield* count(sql), 0)
    })
  )

  it.effect("leaves savepoints to who wants them", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const body = Effect.gen(function* () {
        yield* sql`INSERT INTO byhand VALUES (1)`
        yield* sql`SAVEPOINT mine`
        yield* sql`INSERT INTO byhand VALUES (2)`
        yield* sql`ROLLBACK TO mine`
        yield* sql.unsafe("rollback work to savepoint mine")
        yield* sql`RELEASE mine`
      })
      yield* sql.withTransaction(body)
      assert.strictEqual(yield* count(sql), 1)
    })
  )

  it.effect("that a script has ended is Unknown, and never a success", () =>
    Effect.gen(function* () {
      for (const script of scripts) {
        const sql = yield* table
        const body = Effect.zipRight(sql`INSERT INTO byhand VALUES (1)`, sql.unsafe(script))
        const error = yield* failure(sql.withTransaction(body))
        assert.strictEqual(error.outcome, "Unknown", script)
        assert.isFalse(error.isSafeToReplay)
      }
    })
  )

  it.effect("that a script has ended is Unknown, also where the script failed unheard", () =>
    Effect.gen(function* () {
      for (const script of failingScripts) {
        const sql = yield* table
        const insert = sql`INSERT INTO byhand VALUES (1)`
        const body = Effect.zipRight(insert, Effect.ignore(sql.unsafe(script)))
        const error = yield* failure(sql.withTransaction(body))
        assert.strictEqual(error.outcome, "Unknown", script)
      }
    })
  )

  it.effect("goes on behind a script that has failed to a savepoint of its own", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const body = Effect.gen(function* () {
        yield* sql`INSERT INTO byhand VALUES (1)`
        yield* sql`SAVEPOINT mine`
        yield* Effect.ignore(sql.unsafe("INSERT INTO byhand VALUES (2); SELECT 1 / 0"))
        yield* sql.unsafe("ROLLBACK TO mine; INSERT INTO byhand VALUES (3)")
      })
      yield* sql.withTransaction(body)
      assert.strictEqual(yield* count(sql), 2)
    })
  )

  it.effect("keeps what a sibling wrote beside a nested one that failed", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const failing = sql.withTransaction(
        Effect.zipRight(Effect.sleep("30 millis"), Effect.fail("undone"))
      )
      const beside = Effect.delay(sql`INSERT INTO byhand VALUES (1)`, "10 millis")
      yield* sql.withTransaction(Effect.all([Effect.ignore(failing), beside], { concurrency: 2 }))
      assert.strictEqual(yield* count(sql), 1)
    })
  )

  it.effect("that was committed is not replayed for what failed behind it", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const insert = sql`INSERT INTO byhand VALUES (1)`
      yield* sql`CREATE FUNCTION once_more() RETURNS void LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'once more' USING ERRCODE = '40001'; END $$`
      const failing = sql.withTransaction(sql`SELECT once_more()`)
      // Its command has the tag of a SELECT.
      const hidden = sql`WITH x AS (INSERT INTO byhand VALUES (1) RETURNING *) SELECT * FROM x`
      for (const committed of [insert, hidden, sql.withTransaction(insert)]) {
        yield* sql`TRUNCATE byhand`
        const error = yield* failure(PgClient.replay(Effect.zipRight(committed, failing)))
        assert.isTrue(error.isSafeToReplay)
        assert.strictEqual(yield* count(sql), 1)
      }
      let runs = 0
      const second = Effect.suspend(() => (runs++ === 0 ? failing : Effect.void))
      for (const question of [sql`SELECT 1`, sql.withTransaction(sql`SELECT 1`)]) {
        runs = 0
        yield* PgClient.replay(Effect.zipRight(question, second))
        assert.strictEqual(runs, 2)
      }
    })
  )
})
