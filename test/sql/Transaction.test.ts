import { SqlClient, type SqlError } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { PgError } from "../../src/sql/index.ts"
import { ownTracer } from "../support/OwnTracer.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const table = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`DROP TABLE IF EXISTS notes`
  yield* sql`CREATE TABLE notes (id int PRIMARY KEY, parent int REFERENCES notes DEFERRABLE INITIALLY DEFERRED)`
  return sql
})

const ids = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ readonly id: number }>`SELECT id FROM notes ORDER BY id`, (rows) =>
    rows.map(({ id }) => id)
  )

/** Ends the session that the current transaction runs on, from another one. */
const killOwnSession = (sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const [row] = yield* sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`
    yield* Effect.scoped(
      Effect.flatMap(sql.reserve, (other) =>
        other.execute("SELECT pg_terminate_backend($1)", [row?.pid], undefined)
      )
    )
  })

layer(TestDatabase.layer, { excludeTestServices: true })("a transaction", (it) => {
  it.effect("commits what it did, and its nested ones", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql.withTransaction(
        Effect.zipRight(
          sql`INSERT INTO notes VALUES (1)`,
          sql.withTransaction(sql`INSERT INTO notes VALUES (2)`)
        )
      )
      assert.deepStrictEqual(yield* ids(sql), [1, 2])
    })
  )

  it.effect("loses only the nested one that fails", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`INSERT INTO notes VALUES (1)`
          const inner = Effect.zipRight(sql`INSERT INTO notes VALUES (2)`, Effect.fail("no"))
          yield* Effect.flip(sql.withTransaction(inner))
          yield* sql`INSERT INTO notes VALUES (3)`
        })
      )
      assert.deepStrictEqual(yield* ids(sql), [1, 3])
    })
  )

  it.effect("keeps concurrent nested ones apart", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql.withTransaction(
        Effect.forEach(
          [1, 2, 3, 4, 5, 6],
          (id) => {
            const insert = sql`INSERT INTO notes VALUES (${id})`
            return Effect.ignore(
              sql.withTransaction(id % 2 ? insert : Effect.zipRight(insert, Effect.fail("no")))
            )
          },
          { concurrency: "unbounded" }
        )
      )
      assert.deepStrictEqual(yield* ids(sql), [1, 3, 5])
    })
  )

  it.effect("fails with a PgError, not a defect, when its session is lost", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const lost = Effect.gen(function* () {
        yield* sql`INSERT INTO notes VALUES (1)`
        yield* killOwnSession(sql)
        yield* sql`INSERT INTO notes VALUES (2)`
      })
      const error = yield* Effect.flip(sql.withTransaction(lost))
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.outcome, "RolledBack")
      assert.isTrue(error.isSafeToReplay)
      assert.deepStrictEqual(yield* ids(sql), [])
    })
  )

  it.effect("fails with a PgError when a deferred constraint is violated at COMMIT", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const error = yield* Effect.flip(sql.withTransaction(sql`INSERT INTO notes VALUES (1, 99)`))
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.phase, "commit")
      assert.strictEqual(error.outcome, "RolledBack")
      assert.strictEqual(error.reason._tag, "ConstraintError")
    })
  )

  it.effect("says that it was rolled back when a statement in it had failed unheard", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const body = Effect.zipRight(
        sql`INSERT INTO notes VALUES (1)`,
        Effect.ignore(sql`INSERT INTO notes VALUES (1)`)
      )
      const error = yield* Effect.flip(sql.withTransaction(body))
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.outcome, "RolledBack")
      assert.deepStrictEqual(yield* ids(sql), [])
    })
  )

  it.effect("takes another session when the one it got was dead", () =>
    Effect.gen(function* () {
      const sql = yield* table
      for (let round = 0; round < 20; round++) {
        yield* sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
        yield* sql.withTransaction(sql`INSERT INTO notes VALUES (${round})`)
      }
      assert.strictEqual((yield* ids(sql)).length, 20)
    })
  )

  it.effect("is over for a fiber that outlives it, whoever has its session then", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const late = Effect.zipRight(
        Effect.sleep("100 millis"),
        Effect.flip(sql`INSERT INTO notes VALUES (1)`)
      )
      const outliving = yield* sql.withTransaction(Effect.forkDaemon(late))
      const error = yield* outliving
      assert.instanceOf(error, PgError)
      assert.include(error.message, "Failed to execute statement")
      assert.deepStrictEqual(yield* ids(sql), [])
    })
  )

  it.effect("ends when interrupted, and gives its session back", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const slow = Effect.zipRight(sql`INSERT INTO notes VALUES (1)`, Effect.never)
      yield* Effect.timeoutOption(sql.withTransaction(slow), "50 millis")
      assert.deepStrictEqual(yield* ids(sql), [])
    })
  )

  it.effect("is nested in one that was begun by hand, on a connection provided as its own", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* Effect.scoped(
        Effect.gen(function* () {
          const held = yield* sql.reserve
          yield* held.executeUnprepared("BEGIN", [], undefined)
          const nested = sql.withTransaction(
            Effect.zipRight(
              sql`INSERT INTO notes VALUES (1)`,
              sql.withTransaction(sql`INSERT INTO notes VALUES (2)`)
            )
          )
          yield* Effect.provideService(nested, SqlClient.TransactionConnection, [held, 0] as const)
          yield* held.executeUnprepared("ROLLBACK", [], undefined)
        })
      )
      assert.deepStrictEqual(yield* ids(sql), [])
    })
  )

  it.effect("marks its end on its span, as the stock client does", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const seen: Array<string> = []
      const watched = Effect.flatMap(Effect.currentSpan, (span) =>
        Effect.sync(() => {
          const event = span.event.bind(span)
          span.event = (name, ...rest) => {
            seen.push(name)
            event(name, ...rest)
          }
        })
      )
      const both = sql.withTransaction(
        Effect.zipRight(
          watched,
          Effect.ignore(sql.withTransaction(Effect.zipRight(watched, Effect.fail("no"))))
        )
      )
      yield* Effect.withTracer(both, yield* ownTracer)
      assert.deepStrictEqual(seen, ["db.transaction.rollback", "db.transaction.commit"])
    })
  )

  it.effect(
    "is rolled back by an interrupt in the last step of its body, and its session kept",
    () =>
      Effect.gen(function* () {
        const sql = yield* table
        const pid = Effect.map(
          sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`,
          ([row]) => row?.pid
        )
        const interrupted = (id: number) =>
          Effect.withFiberRuntime<void, SqlError.SqlError>((fiber) =>
            sql.withTransaction(
              Effect.map(sql`INSERT INTO notes (id) VALUES (${id})`, () =>
                fiber.unsafeInterruptAsFork(fiber.id())
              )
            )
          )
        const before = yield* pid
        const alone = yield* Effect.fork(interrupted(1))
        assert.isTrue(Exit.isInterrupted(yield* Fiber.await(alone)))
        assert.strictEqual(yield* pid, before)
        const outer = Effect.gen(function* () {
          yield* sql`INSERT INTO notes (id) VALUES (2)`
          const inner = yield* Effect.exit(Effect.interruptible(interrupted(3)))
          assert.isTrue(Exit.isInterrupted(inner))
          yield* sql`INSERT INTO notes (id) VALUES (4)`
        })
        yield* Fiber.await(yield* Effect.fork(Effect.uninterruptible(sql.withTransaction(outer))))
        assert.deepStrictEqual(yield* ids(sql), [2, 4])
      })
  )

  it.effect("makes no span where nobody sees it", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const name = Effect.withSpan(
        sql.withTransaction(Effect.map(Effect.currentSpan, ({ name }) => name)),
        "around it"
      )
      assert.strictEqual(yield* name, "around it")
      assert.strictEqual(yield* Effect.withTracer(name, yield* ownTracer), "sql.transaction")
    })
  )
})
