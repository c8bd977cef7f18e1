import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { fromCause } from "../../src/sql/failure/PgError.ts"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import type { WireMessage } from "../../src/testing/WireMessage.ts"
import { failure } from "../support/Failure.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { committed } from "./Ledger.ts"

const client = (options: Partial<PgClient.PgClientConfig> = {}) =>
  proxiedClient({ maxConnections: 2, acquireTimeout: "5 seconds", ...options })

const stage = client().pipe(Layer.provideMerge(network), Layer.provideMerge(TestDatabase.address))

/** A faithful network and an empty table. */
const ledger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
  yield* sql`CREATE TABLE IF NOT EXISTS ledger (id int)`
  yield* sql`TRUNCATE ledger`
  return sql
})

/** Safe to replay by itself. */
const serializationFailure = fromCause(
  Object.assign(new Error("once more"), { code: "40001", severity: "ERROR", routine: "raise" }),
  { phase: "statement", sent: true, inTransaction: true }
)

/** Cuts the connection in front of COMMIT, or in front of its answer. */
const lose = (what: "request" | "answer") =>
  Effect.flatMap(FaultProxy, (proxy) =>
    what === "request"
      ? proxy.cutBefore("toServer", FaultProxy.isCommit)
      : proxy.cutAfter("toServer", FaultProxy.isCommit)
  )

const insert = (sql: SqlClient.SqlClient, id: number) =>
  sql.withTransaction(Effect.as(sql`INSERT INTO ledger VALUES (${id})`, id))

layer(stage, { excludeTestServices: true, timeout: "1 minute" })("a lost COMMIT", (it) => {
  it.effect("is looked up over the pool where the server has no room beside it", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const { connectionLimit, stats } = yield* FaultProxy
      yield* Effect.all([sql`SELECT pg_sleep(0.1)`, sql`SELECT pg_sleep(0.1)`], { concurrency: 2 })
      assert.strictEqual((yield* stats).open, 2)
      yield* connectionLimit(2)
      const busy = Effect.forever(sql`SELECT pg_sleep(0.05)`)
      const others = yield* Effect.forkAll([busy, busy, busy])
      yield* lose("answer")
      assert.strictEqual(yield* insert(sql, 1), 1)
      yield* Fiber.interrupt(others)
      assert.deepStrictEqual(yield* committed, [1])
    })
  )

  it.effect("that took effect is a success with the transaction's value", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      for (const id of [1, 2, 3]) {
        yield* lose("answer")
        assert.strictEqual(yield* insert(sql, id), id)
      }
      assert.deepStrictEqual(yield* committed, [1, 2, 3])
    })
  )

  it.effect("that never reached the server is RolledBack, and safe to replay", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      yield* lose("request")
      const error = yield* failure(insert(sql, 1))
      assert.strictEqual(error.outcome, "RolledBack")
      assert.strictEqual(error.phase, "commit")
      assert.isTrue(error.isSafeToReplay)
      assert.deepStrictEqual(yield* committed, [])
      yield* lose("request")
      yield* PgClient.replay(insert(sql, 2))
      assert.deepStrictEqual(yield* committed, [2])
    })
  )

  it.effect("of a statement without values or a whole script is resolved as well", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const bodies = [
        sql.unsafe("INSERT INTO ledger VALUES (1)"),
        sql.unsafe("INSERT INTO ledger VALUES (2); INSERT INTO ledger VALUES (3)"),
        sql`DO $$ BEGIN INSERT INTO ledger VALUES (4); END $$`,
        sql.withTransaction(sql`INSERT INTO ledger VALUES (5)`),
        Effect.ignore(sql.withTransaction(Effect.zipRight(insert(sql, 9), Effect.fail("undone"))))
      ]
      for (const body of bodies) {
        yield* lose("answer")
        yield* sql.withTransaction(body)
      }
      assert.deepStrictEqual(yield* committed, [1, 2, 3, 4, 5])
    })
  )

  it.effect("that the network swallowed is rolled back for certain, and its locks are free", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const { blackholeAll } = yield* FaultProxy
      const body = Effect.zipRight(sql`LOCK TABLE ledger`, sql`INSERT INTO ledger VALUES (1)`)
      const swallowed = sql.withTransaction(Effect.zipLeft(body, blackholeAll))
      const error = yield* failure(PgClient.transactionTimeout(swallowed, "300 millis"))
      assert.strictEqual(error.outcome, "RolledBack")
      yield* insert(sql, 2)
      assert.deepStrictEqual(yield* committed, [2])
    })
  )

  it.effect("is not even sent where the network swallowed the body, whose locks are freed", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const { blackholeAll } = yield* FaultProxy
      let runs = 0
      const body = Effect.gen(function* () {
        yield* sql`LOCK TABLE ledger`
        yield* sql`INSERT INTO ledger VALUES (1)`
        if (runs++ > 0) return
        yield* blackholeAll
        yield* sql`INSERT INTO ledger VALUES (2)`
      })
      const transaction = PgClient.transactionTimeout(sql.withTransaction(body), "1 second")
      yield* PgClient.replay(transaction, { deadline: "8 seconds" })
      assert.deepStrictEqual(yield* committed, [1])
    })
  )

  it.effect("can't be ruled out where the network swallowed a script that may have sent it", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const { blackhole } = yield* FaultProxy
      const script = sql.unsafe("INSERT INTO ledger VALUES (1); COMMIT; SELECT pg_sleep(1)")
      // Nor does the cancel come through, so the session is dropped under the script.
      const swallowed = Effect.all([script, Effect.delay(blackhole, "100 millis")], {
        concurrency: 2
      })
      const timedOut = sql
        .withTransaction(Effect.zipRight(sql`SELECT 1`, swallowed))
        .pipe(PgClient.transactionTimeout("300 millis"))
      const error = yield* failure(timedOut)
      assert.strictEqual(error.reason._tag, "TransactionTimeoutError")
      assert.strictEqual(error.outcome, "Unknown")
      assert.deepStrictEqual(yield* committed, [1])
      yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
      const { blackholeAll } = yield* FaultProxy
      const lost = Effect.all([script, Effect.delay(blackholeAll, "100 millis")], {
        concurrency: 2
      }).pipe(PgClient.statementTimeout("300 millis"), Effect.ignore)
      const unheard = yield* failure(sql.withTransaction(Effect.zipRight(sql`SELECT 1`, lost)))
      assert.strictEqual(unheard.outcome, "Unknown")
    })
  )

  it.effect("or any write that was given up is not run again for another failure", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const { cutAfter, cutBefore } = yield* FaultProxy
      const conflict = Effect.fail(serializationFailure)
      const write = (id: number) => sql.unsafe(`INSERT INTO ledger VALUES (${id})`)
      const held = Effect.scoped(
        Effect.flatMap(sql.reserve, (session) =>
          session.execute("INSERT INTO ledger VALUES (3)", [], undefined)
        )
      )
      const beside = <A, E, R>(writing: Effect.Effect<A, E, R>) =>
        Effect.all([writing, Effect.delay(conflict, "300 millis")], { concurrency: 2 })
      const before = <A, E, R>(writing: Effect.Effect<A, E, R>) =>
        Effect.zipRight(Effect.ignore(writing), conflict)
      const isInsert = ({ text }: WireMessage) => text.startsWith("INSERT")
      const atCommit = cutAfter("toServer", FaultProxy.isCommit, "blackhole")
      const atAnswer = cutBefore("toClient", isInsert, "blackhole")
      const lost = [
        [atCommit, beside(sql.withTransaction(write(1)))],
        [atAnswer, beside(write(2))],
        [atAnswer, beside(held)],
        [atAnswer, before(Effect.timeout(write(4), "100 millis"))],
        [atAnswer, before(PgClient.statementTimeout(write(5), "100 millis"))]
      ] as const
      for (const [cut, effect] of lost) {
        yield* cut
        const replayed = PgClient.replay(Effect.asVoid(effect))
        assert.strictEqual(yield* Effect.flip(replayed), serializationFailure)
      }
      assert.deepStrictEqual(yield* committed, [1, 2, 3, 4, 5])
    })
  )

  it.effect("is looked up when the server is back, and is Unknown when time is up", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const { heal, refuse } = yield* FaultProxy
      yield* lose("answer")
      const waiting = yield* Effect.fork(
        sql.withTransaction(Effect.zipLeft(sql`INSERT INTO ledger VALUES (1)`, refuse))
      )
      yield* Effect.sleep(Duration.millis(700))
      yield* heal
      yield* waiting
      yield* lose("answer")
      const impatient = client({ acquireTimeout: "500 millis", maxConnections: 1 })
      const unknown = Effect.flatMap(SqlClient.SqlClient, (other) =>
        other.withTransaction(Effect.zipLeft(other`INSERT INTO ledger VALUES (2)`, refuse))
      ).pipe(Effect.provide(impatient))
      const error = yield* failure(unknown)
      assert.strictEqual(error.outcome, "Unknown")
      assert.isFalse(error.isSafeToReplay)
      yield* heal
      assert.deepStrictEqual(yield* committed, [1, 2])
    })
  )

  it.effect("is Unknown where it is not to be resolved", () =>
    Effect.gen(function* () {
      yield* ledger
      const program = Effect.flatMap(SqlClient.SqlClient, (sql) =>
        Effect.zipRight(lose("answer"), insert(sql, 1))
      )
      const error = yield* failure(Effect.provide(program, client({ resolveCommits: false })))
      assert.strictEqual(error.outcome, "Unknown")
      assert.deepStrictEqual(yield* committed, [1])
    })
  )
})
