import { SqlClient } from "@effect/sql"
import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Stream } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { committed } from "./Ledger.ts"

/** One connection, so that whatever state a session is left in meets the next statement. */
const stage = proxiedClient({ maxConnections: 1 }).pipe(
  Layer.provideMerge(network),
  Layer.provideMerge(TestDatabase.address)
)

const slowNetwork = Effect.flatMap(FaultProxy, ({ latency }) => latency("15 millis"))

/** A faithful network and an empty table. */
const ledger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
  yield* sql`DROP TABLE IF EXISTS ledger`
  yield* sql`CREATE TABLE ledger (id int)`
  return sql
})

layer(stage, { excludeTestServices: true, timeout: "1 minute" })((it) => {
  describe("a session whose state is in doubt", () => {
    it.effect("after an interrupted BEGIN or COMMIT does not swallow what comes next", () =>
      Effect.gen(function* () {
        const sql = yield* ledger
        yield* slowNetwork
        const written: Array<number> = []
        for (let round = 0; round < 10; round++) {
          const transaction = yield* Effect.fork(sql.withTransaction(sql`SELECT 1`))
          yield* Effect.sleep(Duration.millis(5 * round))
          yield* Fiber.interrupt(transaction)
          yield* sql`INSERT INTO ledger VALUES (${round})`
          written.push(round)
        }
        assert.deepStrictEqual(yield* committed, written)
      })
    )

    it.effect("after a failed script that began a transaction does not poison the pool", () =>
      Effect.gen(function* () {
        const sql = yield* ledger
        for (let round = 0; round < 5; round++) {
          yield* Effect.flip(sql.unsafe("BEGIN; SELECT 1/0"))
          yield* sql`INSERT INTO ledger VALUES (${round})`
        }
        assert.deepStrictEqual(yield* committed, [0, 1, 2, 3, 4])
      })
    )

    it.effect("after a statement timeout in a transaction is rolled back, as the error says", () =>
      Effect.gen(function* () {
        const sql = yield* ledger
        yield* slowNetwork
        const late = PgClient.statementTimeout(sql`INSERT INTO ledger VALUES (1)`, "20 millis")
        const outcome = yield* sql
          .withTransaction(Effect.flip(late))
          .pipe(Effect.flip, Effect.timeout("10 seconds"))
        assert.instanceOf(outcome, PgError)
        assert.strictEqual(outcome.outcome, "RolledBack")
        assert.deepStrictEqual(yield* committed, [])
      })
    )
  })

  describe("what is known of a failed statement", () => {
    it.effect("is no more than that when it can have committed by itself", () =>
      Effect.gen(function* () {
        const sql = yield* ledger
        const error = yield* Effect.flip(
          sql.unsafe("BEGIN; INSERT INTO ledger VALUES (1); COMMIT; SELECT 1/0")
        )
        assert.instanceOf(error, PgError)
        assert.strictEqual(error.outcome, "Unknown")
        assert.deepStrictEqual(yield* committed, [1])
      })
    )

    it.effect("is that it was not sent when a value of it can't be encoded", () =>
      Effect.gen(function* () {
        const sql = yield* ledger
        const circular: { self?: unknown } = {}
        circular.self = circular
        const error = yield* Effect.flip(sql.unsafe("SELECT $1::jsonb", [circular]))
        assert.instanceOf(error, PgError)
        assert.strictEqual(error.outcome, "NotSent")
        assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
      })
    )
  })

  describe("an interrupt", () => {
    it.effect(
      "of a statement that waits for its turn on a session hits nobody and sends nothing",
      () =>
        Effect.gen(function* () {
          const sql = yield* ledger
          yield* sql.withTransaction(
            Effect.gen(function* () {
              const running = yield* Effect.fork(sql`SELECT pg_sleep(0.5)`)
              yield* Effect.sleep("50 millis")
              const waiting = yield* Effect.fork(sql`INSERT INTO ledger VALUES (1)`)
              yield* Effect.sleep("50 millis")
              yield* Fiber.interrupt(waiting)
              yield* Fiber.join(running)
            })
          )
          assert.deepStrictEqual(yield* committed, [])
        })
    )

    it.effect("ends listening, also where the network answers nothing", () =>
      Effect.gen(function* () {
        yield* ledger
        const sql = yield* PgClient.PgClient
        yield* Effect.flatMap(FaultProxy, ({ blackhole }) => blackhole)
        const listening = Effect.ignore(Stream.runDrain(sql.listen("news")))
        const [took] = yield* Effect.timed(Effect.timeoutOption(listening, "300 millis"))
        // Told to end after 300 ms, and what a busy machine adds.
        assert.isBelow(Duration.toMillis(took), 3_000)
      })
    )
  })

  describe("a plain end of the stream", () => {
    it.effect("is noticed before the connection is lent, however shortly before it came", () =>
      Effect.gen(function* () {
        const sql = yield* ledger
        const pool = yield* Pool
        const { closeAll } = yield* FaultProxy
        for (let round = 0; round < 20; round++) {
          yield* sql`SELECT 1`
          yield* Effect.sleep("30 millis")
          yield* closeAll
          // Not replayed by anybody: it succeeds only if it gets a live connection at first.
          assert.deepStrictEqual(yield* sql`SELECT ${round}::int AS round`, [{ round }])
        }
        assert.strictEqual((yield* pool.stats).active, 0)
      })
    )
  })
})
