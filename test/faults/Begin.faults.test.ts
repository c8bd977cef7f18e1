import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, FiberSet, Layer, Stream } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { failure } from "../support/Failure.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** One connection, so that the dead one must make room for its successor. */
const stage = proxiedClient({
  maxConnections: 1,
  acquireTimeout: "500 millis",
  retryDelay: "20 millis"
}).pipe(Layer.provideMerge(network), Layer.provideMerge(TestDatabase.address))

const table = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
  yield* sql`CREATE TABLE IF NOT EXISTS begun (id int)`
  yield* sql`TRUNCATE begun`
  return sql
})

const ids = (sql: SqlClient.SqlClient) =>
  Effect.map(sql<{ readonly id: number }>`SELECT id FROM begun ORDER BY id`, (rows) =>
    rows.map(({ id }) => id)
  )

layer(stage, { excludeTestServices: true, timeout: "1 minute" })(
  "a transaction whose session has ended before it began",
  (it) => {
    it.effect("goes on with another one, whatever its first statement is", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { forgetAll } = yield* FaultProxy
        const insert = sql`INSERT INTO begun VALUES (1)`
        const firsts = [
          insert,
          sql`INSERT INTO begun VALUES (${1})`,
          Effect.zipRight(sql`SET LOCAL work_mem = '1MB'`, insert),
          sql.unsafe("INSERT INTO begun VALUES (1); SELECT 1"),
          sql.withTransaction(insert),
          Effect.zipRight(Stream.runDrain(sql`SELECT 1`.stream), insert),
          Effect.all([insert, sql`SELECT 1`, sql`SET LOCAL work_mem = '1MB'`], {
            concurrency: "unbounded"
          })
        ]
        for (const first of firsts) {
          yield* sql`TRUNCATE begun`
          let runs = 0
          const body = Effect.suspend(() => {
            runs += 1
            return Effect.zipRight(forgetAll, first)
          })
          yield* sql.withTransaction(body)
          assert.deepStrictEqual(yield* ids(sql), [1])
          assert.strictEqual(runs, 1)
        }
      })
    )

    it.effect("succeeds with its body where that sends nothing, and runs it once", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { resetAll } = yield* FaultProxy
        let runs = 0
        const body = Effect.suspend(() => {
          runs += 1
          // Long enough for the reset to be read.
          return Effect.as(Effect.zipRight(resetAll, Effect.sleep("50 millis")), "done")
        })
        const transaction = sql.withTransaction(body)
        assert.strictEqual(yield* PgClient.replay(transaction), "done")
        assert.strictEqual(runs, 1)
      })
    )

    it.effect("keeps its first statement when what is nested beside that is undone", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { forgetAll } = yield* FaultProxy
        const insert = (id: number) => sql`INSERT INTO begun VALUES (${id})`
        const undone = Effect.ignore(
          sql.withTransaction(Effect.zipRight(insert(2), Effect.fail("undone")))
        )
        for (const first of [insert(1), sql`INSERT INTO begun VALUES (1)`]) {
          yield* sql`TRUNCATE begun`
          const both = Effect.all([first, undone], { concurrency: "unbounded" })
          yield* sql.withTransaction(Effect.zipRight(forgetAll, both))
          assert.deepStrictEqual(yield* ids(sql), [1])
        }
      })
    )

    it.effect("goes on with another one when the answer to BEGIN is lost", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { cutAt } = yield* FaultProxy
        const cut = cutAt("toClient", 0, "open")
        const insert = sql`INSERT INTO begun VALUES (${1})`
        yield* sql.withTransaction(Effect.zipRight(cut, insert))
        assert.deepStrictEqual(yield* ids(sql), [1])
      })
    )

    it.effect("fails if there is no other, also where its body makes light of that", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { forgetAll, heal, refuse } = yield* FaultProxy
        const insert = Effect.zipRight(forgetAll, sql`INSERT INTO begun VALUES (1)`)
        yield* refuse
        const told = yield* failure(sql.withTransaction(insert))
        assert.strictEqual(told.outcome, "NotSent")
        yield* heal
        yield* sql`SELECT 1`
        yield* refuse
        const error = yield* failure(sql.withTransaction(Effect.ignore(insert)))
        assert.strictEqual(error.outcome, "RolledBack")
        assert.isTrue(error.isSafeToReplay)
        yield* heal
        assert.deepStrictEqual(yield* ids(sql), [])
      })
    )

    it.effect("gives back what it took when it is interrupted meanwhile", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const pool = yield* Pool
        const { forgetAll, heal, latency } = yield* FaultProxy
        for (let millis = 0; millis < 60; millis += 6) {
          yield* sql`SELECT 1`
          yield* latency("8 millis")
          const insert = Effect.zipRight(forgetAll, sql`INSERT INTO begun VALUES (1)`)
          yield* Effect.timeoutOption(sql.withTransaction(insert), millis)
          yield* heal
        }
        yield* sql`SELECT 1`
        assert.strictEqual((yield* pool.stats).active, 0)
      })
    )

    it.effect("is not taken elsewhere once it has begun", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { forgetAll } = yield* FaultProxy
        const body = Effect.all([
          sql`INSERT INTO begun VALUES (1)`,
          forgetAll,
          sql`INSERT INTO begun VALUES (2)`
        ])
        const error = yield* failure(sql.withTransaction(body))
        assert.strictEqual(error.outcome, "RolledBack")
        assert.deepStrictEqual(yield* ids(sql), [])
        yield* PgClient.replay(sql.withTransaction(sql`INSERT INTO begun VALUES (3)`))
        assert.deepStrictEqual(yield* ids(sql), [3])
      })
    )
  }
)

const stageOf = (config: PgClient.PgClientConfig) =>
  proxiedClient({ retryDelay: "20 millis", ...config }).pipe(
    Layer.provideMerge(network),
    Layer.provideMerge(TestDatabase.address)
  )

layer(stageOf({ maxConnections: 5 }), { excludeTestServices: true, timeout: "1 minute" })(
  "a first statement that is lost with its session",
  (it) => {
    it.scoped("is sent behind no other BEGIN before that has answered", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { cutBefore } = yield* FaultProxy
        yield* sql`CREATE SEQUENCE runs`
        const run = yield* FiberSet.makeRuntime<never>()
        const cut = (times: number): Effect.Effect<void> =>
          cutBefore("toClient", ({ text }) => {
            const isBegun = text === "BEGIN"
            // A cut that is ordered now would strike at the same answer.
            if (isBegun && times > 1) run(Effect.zipRight(Effect.yieldNow(), cut(times - 1)))
            return isBegun
          })
        yield* sql.withTransaction(Effect.zipRight(cut(3), sql`SELECT nextval('runs')`))
        assert.deepStrictEqual(yield* sql`SELECT last_value::int FROM runs`, [{ last_value: 2 }])
      })
    )

    it.effect("is not left out of a transaction that goes on when it was given up", () =>
      Effect.gen(function* () {
        const sql = yield* table
        const { blackhole, heal } = yield* FaultProxy
        const insert = sql`INSERT INTO begun VALUES (1)`
        const givenUp = [
          Effect.timeout(insert, "30 millis"),
          PgClient.statementTimeout(insert, "30 millis")
        ]
        for (const first of givenUp) {
          const body = blackhole.pipe(
            Effect.zipRight(Effect.ignore(first)),
            Effect.zipRight(heal),
            Effect.zipRight(sql`INSERT INTO begun VALUES (2)`)
          )
          const error = yield* failure(sql.withTransaction(body))
          assert.strictEqual(error.outcome, "RolledBack")
          assert.isTrue(error.isSafeToReplay)
          assert.deepStrictEqual(yield* ids(sql), [])
        }
      })
    )
  }
)

layer(stageOf({ silenceThreshold: Duration.infinity, acquireTimeout: "500 millis" }), {
  excludeTestServices: true,
  timeout: "1 minute"
})("a transaction where silence is not looked at", (it) => {
  it.effect("does not wait for ever for a session that was forgotten", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const { blackholeAll } = yield* FaultProxy
      const insert = Effect.zipRight(blackholeAll, sql`INSERT INTO begun VALUES (1)`)
      yield* Effect.timeout(sql.withTransaction(insert), "5 seconds")
      assert.deepStrictEqual(yield* ids(sql), [1])
    })
  )
})
