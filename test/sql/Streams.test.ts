import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Chunk, Duration, Effect, Exit, Fiber, type Scheduler, Stream } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { captured } from "../support/Captured.ts"
import { failure } from "../support/Failure.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const running = (sql: SqlClient.SqlClient) => sql`
  SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep%'
    AND pid <> pg_backend_pid()`

/** As on a busy machine: what a fiber has waited for is long there. */
const late: Scheduler.Scheduler = {
  shouldYield: () => false,
  scheduleTask: (task) => {
    setTimeout(task, 20)
  }
}

layer(TestDatabase.client({ maxConnections: 2 }), { excludeTestServices: true })(
  "a stream",
  (it) => {
    it.effect("of what has no rows, or can't be encoded, fails, and the process goes on", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE copied (id int)`
        const hostile = {
          toPostgres: () => {
            throw new Error("no such value")
          }
        }
        const streams = [
          sql`COPY copied FROM STDIN`.stream,
          sql.unsafe("SELECT $1", [hostile]).stream
        ]
        for (const stream of streams) yield* failure(Stream.runDrain(stream))
        yield* Effect.either(Stream.runDrain(sql`COPY (SELECT 1) TO STDOUT`.stream))
        assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
      })
    )

    it.effect("that is open in a transaction lets no other statement wait for ever", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const rows = sql`SELECT n FROM generate_series(1, 1000) AS n`.stream
        const nested = Stream.runForEach(rows, () => sql`SELECT 1`)
        const error = yield* failure(Effect.timeout(sql.withTransaction(nested), "5 seconds"))
        assert.include(String(error.cause), "stream is still open")
        const zipped = Stream.runCollect(Stream.zip(rows, rows))
        yield* failure(Effect.timeout(sql.withTransaction(zipped), "5 seconds"))
        const collected = sql.withTransaction(
          Effect.zipLeft(Stream.runCollect(rows), sql`SELECT 1`)
        )
        assert.strictEqual(Chunk.size(yield* collected), 1000)
      })
    )

    it.effect("whose statement is refused at its commit fails with what the server says", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.unsafe(`CREATE TABLE parents (id int PRIMARY KEY);
          CREATE TABLE children
            (parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)`)
        const orphans = sql`
          INSERT INTO children SELECT generate_series(1, 300) RETURNING parent`.stream
        const few = sql`INSERT INTO children VALUES (1) RETURNING parent`.stream
        for (const stream of [few, orphans]) {
          const error = yield* failure(Effect.timeout(Stream.runDrain(stream), "5 seconds"))
          assert.strictEqual(error.reason._tag, "ConstraintError")
          assert.strictEqual(error.outcome, "RolledBack")
        }
        const { layer: logging, lines } = captured()
        yield* Stream.runDrain(Stream.take(orphans, 1)).pipe(Effect.provide(logging))
        assert.match(lines.map(({ message }) => message).join(), /left before its end.*23503/)
        assert.deepStrictEqual(yield* sql`SELECT FROM children`, [])
      })
    )

    it.effect("of a procedure that has committed and fails then is not said to be undone", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql.unsafe(`CREATE TABLE settled (id int);
          CREATE PROCEDURE settle() LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO settled VALUES (1);
            COMMIT;
            RAISE EXCEPTION 'too late' USING ERRCODE = '40001';
          END $$`)
        const error = yield* failure(Stream.runDrain(sql`CALL settle()`.stream))
        assert.strictEqual(error.outcome, "Unknown")
        assert.isFalse(error.isSafeToReplay)
        assert.deepStrictEqual(yield* sql`SELECT id FROM settled`, [{ id: 1 }])
      })
    )

    it.effect("beside what is nested waits for that, and is not undone with it", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE streamed (id int)`
        const insert = (id: number) => sql`INSERT INTO streamed VALUES (${id}) RETURNING id`
        const undone = Effect.gen(function* () {
          yield* insert(2)
          yield* Effect.sleep("30 millis")
          yield* insert(3)
          return yield* Effect.fail("undone")
        })
        const stream = Effect.delay(Stream.runDrain(insert(1).stream), "10 millis")
        const both = Effect.all([Effect.exit(sql.withTransaction(undone)), stream], {
          concurrency: 2
        })
        const [exit] = yield* sql.withTransaction(both)
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(yield* sql`SELECT id FROM streamed`, [{ id: 1 }])
      })
    )

    it.effect(
      "that is still open lets nothing stay of what is nested and said to have failed",
      () =>
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE TABLE pulled (id int)`
          const nested = Effect.gen(function* () {
            yield* sql`INSERT INTO pulled VALUES (2)`
            const rows = sql`SELECT n FROM generate_series(1, 1000) AS n`.stream
            yield* yield* Stream.toPull(rows)
          })
          const outer = Effect.gen(function* () {
            yield* sql`INSERT INTO pulled VALUES (1)`
            const error = yield* failure(Effect.scoped(sql.withTransaction(nested)))
            assert.include(String(error.cause), "stream is still open")
          })
          yield* Effect.exit(sql.withTransaction(outer))
          assert.notDeepInclude(yield* sql`SELECT id FROM pulled`, { id: 2 })
        })
    )

    it.effect("that has failed, heard of late, costs no second and not its session", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const before = yield* sql`SELECT pg_backend_pid() AS pid`
        const failing = Stream.runDrain(sql`SELECT 1 / (2 - n) FROM generate_series(1, 3) n`.stream)
        const error = yield* failure(Effect.withScheduler(failing, late))
        assert.strictEqual(error.outcome, "RolledBack")
        assert.deepStrictEqual(yield* sql`SELECT pg_backend_pid() AS pid`, before)
      })
    )

    it.effect("that is open, or about to be, lets nothing nested and no other stream wait", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const rows = sql`SELECT n FROM generate_series(1, 1000) AS n`.stream
        const nested = Stream.runForEach(rows, () => sql.withTransaction(sql`SELECT 1`))
        const refused = yield* failure(Effect.timeout(sql.withTransaction(nested), "5 seconds"))
        assert.include(String(refused.cause), "stream is still open")
        const sleeping = sql.withTransaction(Effect.sleep("30 millis"))
        const zipped = Effect.delay(Stream.runCollect(Stream.zip(rows, rows)), "10 millis")
        const beside = Effect.all([sleeping, zipped], { concurrency: 2 })
        const error = yield* failure(Effect.timeout(sql.withTransaction(beside), "5 seconds"))
        assert.include(String(error.cause), "stream is still open")
      })
    )

    it.effect("is cancelled on the server when it is interrupted", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const sleeping = yield* Effect.fork(Stream.runDrain(sql`SELECT pg_sleep(20)`.stream))
        yield* Effect.repeat(running(sql), { until: (rows) => rows.length > 0 })
        yield* Fiber.interrupt(sleeping)
        const gone = Effect.repeat(running(sql), { until: (rows) => rows.length === 0 })
        yield* Effect.timeout(gone, Duration.seconds(2))
      })
    )

    it.effect("keeps to the statement timeout", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const slow = Stream.runDrain(sql`SELECT pg_sleep(5)`.stream)
        const error = yield* failure(PgClient.statementTimeout(slow, "200 millis"))
        assert.strictEqual(error.reason._tag, "StatementTimeoutError")
      })
    )
  }
)

layer(TestDatabase.client({ maxConnections: 1 }), { excludeTestServices: true })(
  "a session that is given back",
  (it) => {
    it.effect("with a statement still under way is not lent, so that no cancel hits that one", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const late = yield* Effect.scoped(
          Effect.gen(function* () {
            const held = yield* sql.reserve
            const fiber = yield* Effect.forkDaemon(
              held.execute("SELECT 7 AS seven FROM pg_sleep(0.3)", [], undefined)
            )
            yield* Effect.sleep("50 millis")
            return fiber
          })
        )
        const next = yield* Effect.fork(sql`SELECT pg_sleep(5)`)
        yield* Effect.sleep("50 millis")
        yield* Fiber.interrupt(next)
        const exit = yield* Fiber.await(late)
        assert.notInclude(String(exit), "57014")
      })
    )
  }
)

layer(
  TestDatabase.client({
    maxConnections: 1,
    types: {
      getTypeParser: () => (value: string) => {
        if (value === "42") throw new Error("unreadable")
        return value
      }
    }
  }),
  { excludeTestServices: true }
)("an answer that can't be read", (it) => {
  it.effect("is no reason to say that nothing happened", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE unread (id int)`
      const insert = sql`INSERT INTO unread VALUES (42) RETURNING id`
      assert.strictEqual((yield* failure(insert)).outcome, "Committed")
      const inside = Effect.flatMap(failure(insert), ({ outcome }) => Effect.succeed(outcome))
      assert.strictEqual(yield* sql.withTransaction(inside), "Unknown")
      const [row] = yield* sql<{ readonly count: string }>`SELECT count(*) FROM unread`
      assert.strictEqual(row?.count, "2")
      const byHand = Effect.gen(function* () {
        const held = yield* sql.reserve
        yield* held.execute("BEGIN", [], undefined)
        const text = "INSERT INTO unread VALUES (42) RETURNING id"
        const { outcome } = yield* failure(held.execute(text, [], undefined))
        yield* held.execute("ROLLBACK", [], undefined)
        return outcome
      })
      assert.strictEqual(yield* Effect.scoped(byHand), "Unknown")
    })
  )

  it.effect("fails a stream, and nobody who has the session after it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = sql`SELECT generate_series(1, 300) AS n`.stream
      const error = yield* failure(Stream.runDrain(rows))
      assert.match(String(error.cause), /type parser/)
      assert.strictEqual(error.outcome, "Unknown")
      const [row] = yield* sql`SELECT 'in order' AS state`
      assert.deepStrictEqual(row, { state: "in order" })
      const written = sql`INSERT INTO unread SELECT 42 RETURNING id`.stream
      const inside = Effect.map(failure(Stream.runDrain(written)), ({ outcome }) => outcome)
      // It is committed with its transaction.
      assert.strictEqual(yield* sql.withTransaction(inside), "Unknown")
      const [count] = yield* sql<{ readonly count: string }>`SELECT count(*) FROM unread`
      assert.strictEqual(count?.count, "3")
    })
  )
})

layer(
  TestDatabase.client({
    maxConnections: 1,
    types: {
      getTypeParser: (oid: number) => {
        if (oid === 600) throw new Error("no parser for points")
        return (value: string) => value
      }
    }
  }),
  { excludeTestServices: true }
)("a type that nobody can read", (it) => {
  it.effect("fails the statement, each time and in each way, and the process goes on", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const points = sql`SELECT point(1, 2) AS at`
      const script = sql.unsafe("SELECT point(1, 2) AS at; SELECT 1")
      for (const effect of [points, points, points, script, Stream.runDrain(points.stream)]) {
        const error = yield* failure(Effect.timeout(effect, "1 second"))
        assert.match(String(error.cause), /type parser/)
      }
      assert.deepStrictEqual(yield* sql`SELECT 'in order' AS state`, [{ state: "in order" }])
    })
  )
})
