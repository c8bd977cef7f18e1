import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Stream } from "effect"
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

/** What replayed effects are put together from, and how often one is run that fails behind its part. */
const parts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE OR REPLACE FUNCTION once_more() RETURNS void LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'once more' USING ERRCODE = '40001'; END $$`
  const conflict = sql.withTransaction(sql`SELECT once_more()`)
  const held = (...texts: ReadonlyArray<string>) =>
    Effect.scoped(
      Effect.flatMap(sql.reserve, (session) =>
        Effect.forEach(texts, (text) => session.execute(text, [], undefined), { discard: true })
      )
    )
  const runsBefore = <A, E, R>(part: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => {
      let runs = 0
      const behind = Effect.suspend(() => (runs++ === 0 ? conflict : Effect.void))
      const replayed = PgClient.replay(Effect.zipRight(part, behind))
      return Effect.map(Effect.either(replayed), () => runs)
    })
  return { conflict, held, insert: sql`INSERT INTO byhand VALUES (1)`, runsBefore }
})

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
        const byHand = sql.unsafe(text)
        for (const end of [byHand, Stream.runDrain(byHand.stream)]) {
          const body = Effect.zipRight(sql`INSERT INTO byhand VALUES (1)`, end)
          const error = yield* failure(sql.withTransaction(body))
          assert.strictEqual(error.outcome, "RolledBack", text)
          assert.include(String(error.cause), "let its effect succeed or fail instead", text)
        }
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
      const { conflict, held, insert } = yield* parts
      // Its command has the tag of a SELECT.
      const hidden = sql`WITH x AS (INSERT INTO byhand VALUES (1) RETURNING *) SELECT * FROM x`
      const returning = "INSERT INTO byhand VALUES (1) RETURNING id"
      const committed = [
        insert,
        hidden,
        sql.withTransaction(insert),
        PgClient.replay(insert),
        Stream.runDrain(sql.unsafe(returning).stream),
        held("INSERT INTO byhand VALUES (1)"),
        held("BEGIN", "INSERT INTO byhand VALUES (1)", "COMMIT"),
        Effect.scoped(
          Effect.flatMap(sql.reserve, (session) =>
            Stream.runDrain(session.executeStream(returning, [], undefined))
          )
        )
      ]
      for (const part of committed) {
        yield* sql`TRUNCATE byhand`
        const error = yield* failure(PgClient.replay(Effect.zipRight(part, conflict)))
        assert.isTrue(error.isSafeToReplay)
        assert.strictEqual(yield* count(sql), 1)
      }
    })
  )

  it.effect("that notifies is not replayed for what failed behind it", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const { notify } = yield* PgClient.PgClient
      const { runsBefore } = yield* parts
      const select = sql`SELECT pg_notify('news', '')`
      const notifying = [
        notify("news", "today"),
        sql`NOTIFY news`,
        sql.withTransaction(sql`NOTIFY news`),
        sql.withTransaction(select),
        sql.withTransaction(sql`DO $$ BEGIN PERFORM pg_notify('news', ''); END $$`),
        sql.withTransaction(Stream.runDrain(select.stream)),
        Stream.runDrain(select.stream)
      ]
      for (const part of notifying) assert.strictEqual(yield* runsBefore(part), 1)
    })
  )

  it.effect("that left no trace, or only asks, is replayed with what failed behind it", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const { conflict, held, insert, runsBefore } = yield* parts
      const failing =
        "INSERT INTO byhand SELECT 1 / (n - 1) FROM generate_series(1, 3) AS n RETURNING id"
      const harmless = [
        sql`SELECT 1`,
        sql.unsafe("SELECT 1; SELECT 2"),
        sql.withTransaction(sql`SELECT 1`),
        Stream.runDrain(sql`SELECT 1`.stream),
        held("SELECT 1", "SHOW server_version"),
        held("BEGIN", "INSERT INTO byhand VALUES (1)", "ROLLBACK"),
        Effect.ignore(sql.unsafe(failing)),
        Effect.ignore(Stream.runDrain(sql.unsafe(failing).stream)),
        Effect.ignore(held(failing)),
        Effect.ignore(sql.withTransaction(Effect.zipRight(insert, Effect.fail("undone")))),
        Effect.ignore(sql.withTransaction(Effect.zipRight(insert, conflict))),
        Effect.timeoutOption(
          sql.withTransaction(Effect.zipRight(insert, Effect.never)),
          "50 millis"
        )
      ]
      for (const part of harmless) assert.strictEqual(yield* runsBefore(part), 2)
      assert.strictEqual(yield* count(sql), 0)
    })
  )

  it.effect("that COMMIT has rolled back is replayed", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql`CREATE SEQUENCE attempts`
      yield* sql`CREATE TABLE contended (id int)`
      yield* sql`CREATE FUNCTION first_fails() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('attempts') = 1 THEN RAISE EXCEPTION '?' USING ERRCODE = '40001'; END IF;
        RETURN NULL; END $$`
      yield* sql`CREATE CONSTRAINT TRIGGER contend AFTER INSERT ON contended
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION first_fails()`
      yield* PgClient.replay(sql.withTransaction(sql`INSERT INTO contended VALUES (1)`))
      assert.deepStrictEqual(yield* sql`SELECT id FROM contended`, [{ id: 1 }])
    })
  )
})
