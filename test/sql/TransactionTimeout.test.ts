import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { failure } from "../support/Failure.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const client = TestDatabase.client({
  maxConnections: 2,
  statementTimeout: "300 millis",
  transactionTimeout: "500 millis"
})

/** Without the client's limit: a busy disk takes its time. */
const table = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS written (id int)`
  yield* sql`TRUNCATE written`
  return sql
}).pipe(PgClient.statementTimeout(Duration.infinity))

const count = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ readonly count: number }>`SELECT count(*)::int FROM written`,
    ([row]) => row?.count
  )

layer(client, { excludeTestServices: true })("a time limit", (it) => {
  it.effect("of the client ends a transaction whose body takes too long, and nothing stays", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const slow = Effect.zipRight(sql`INSERT INTO written VALUES (1)`, Effect.sleep("5 seconds"))
      const error = yield* failure(sql.withTransaction(slow))
      assert.strictEqual(error.reason._tag, "TransactionTimeoutError")
      assert.strictEqual(error.outcome, "RolledBack")
      assert.isTrue(error.isSafeToReplay)
      assert.strictEqual(yield* count(sql), 0)
    })
  )

  it.effect("of the client ends a statement that takes too long", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const error = yield* failure(sql`SELECT pg_sleep(5)`)
      assert.strictEqual(error.reason._tag, "StatementTimeoutError")
    })
  )

  it.effect("for one effect goes before that of the client, also when it lifts it", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const slow = sql.withTransaction(
        Effect.zipRight(sql`INSERT INTO written VALUES (1)`, Effect.sleep("700 millis"))
      )
      yield* PgClient.transactionTimeout(slow, Duration.infinity)
      yield* slow.pipe(PgClient.transactionTimeout("2 seconds"))
      yield* PgClient.statementTimeout(sql`SELECT pg_sleep(0.5)`, "2 seconds")
      const error = yield* failure(PgClient.transactionTimeout(slow, "100 millis"))
      assert.include(error.message, "ETRANSACTIONTIMEOUT")
      assert.strictEqual(yield* count(sql), 2)
    })
  )

  it.effect("of a transaction does not say that nothing stays of what a script has committed", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const script = "INSERT INTO written VALUES (1); COMMIT; SELECT pg_sleep(5)"
      const error = yield* sql
        .withTransaction(sql.unsafe(script))
        .pipe(
          PgClient.statementTimeout(Duration.infinity),
          PgClient.transactionTimeout("400 millis"),
          failure
        )
      assert.strictEqual(error.outcome, "Unknown")
      assert.isFalse(error.isSafeToReplay)
      assert.strictEqual(yield* count(sql), 1)
    })
  )

  it.effect("of a transaction does not end a replay of it", () =>
    Effect.gen(function* () {
      const sql = yield* table
      let runs = 0
      const body = Effect.gen(function* () {
        yield* sql`INSERT INTO written VALUES (1)`
        if (runs++ === 0) yield* Effect.sleep("5 seconds")
      })
      yield* sql
        .withTransaction(body)
        .pipe(PgClient.transactionTimeout("1 second"), PgClient.replay())
      assert.strictEqual(runs, 2)
      assert.strictEqual(yield* count(sql), 1)
    })
  )
})
