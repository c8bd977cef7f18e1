import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { Direct } from "../support/Direct.ts"
import { failure } from "../support/Failure.ts"
import { PgBouncer, type PoolMode } from "../support/PgBouncer.ts"
import { describeWithPgBouncer } from "../support/PgBouncerProgram.ts"
import { pooler } from "../support/PooledClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** A client behind a network behind a pooler, which has `sessions` sessions with the server. */
const stage = (mode: PoolMode, sessions: number, config: PgClient.PgClientConfig = {}) => {
  const network = Layer.unwrapEffect(
    Effect.map(PgBouncer, ({ host, port }) => FaultProxy.layer({ upstream: { host, port } }))
  )
  const client = Layer.unwrapEffect(
    Effect.gen(function* () {
      const url = (yield* FaultProxy).url((yield* PgBouncer).url)
      return PgClient.layer({ maxConnections: 4, silenceThreshold: "160 millis", ...config, url })
    })
  )
  const settings = { default_pool_size: String(sessions) }
  return client.pipe(
    Layer.provideMerge(network),
    Layer.provideMerge(pooler({ mode, settings })),
    Layer.provideMerge(Direct.layer),
    Layer.provideMerge(TestDatabase.address)
  )
}

const counter = Effect.gen(function* () {
  const direct = yield* Direct
  yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
  yield* direct`DROP TABLE IF EXISTS counter`
  yield* direct`CREATE TABLE counter AS SELECT 0 AS n`
})

const inTime = Effect.timeout("2 seconds")

describeWithPgBouncer("behind PgBouncer, in a black hole", () => {
  layer(stage("transaction", 2), { excludeTestServices: true })("in transaction mode", (it) => {
    it.effect("a statement in a transaction is found out by the backend of the transaction", () =>
      Effect.gen(function* () {
        yield* counter
        const sql = yield* SqlClient.SqlClient
        const { blackholeAll } = yield* FaultProxy
        const increment = sql`UPDATE counter SET n = n + 1`
        const body = Effect.zipRight(Effect.zipLeft(increment, blackholeAll), sql`SELECT 1`)
        const error = yield* failure(sql.withTransaction(body)).pipe(inTime)
        assert.strictEqual(error.outcome, "RolledBack")
        assert.include(error.message, "waits for us")
        yield* increment.pipe(inTime)
      })
    )

    it.effect("a COMMIT whose answer was swallowed is found out as well, and looked up", () =>
      Effect.gen(function* () {
        yield* counter
        const sql = yield* SqlClient.SqlClient
        const { cutAt } = yield* FaultProxy
        const increment = sql`UPDATE counter SET n = n + 1 RETURNING n`
        const body = Effect.zipLeft(increment, cutAt("toClient", 0, "open", "blackhole"))
        assert.deepStrictEqual(yield* sql.withTransaction(body).pipe(inTime), [{ n: 1 }])
      })
    )

    it.effect("a COMMIT behind a script, which hides the id, is found out and looked up, too", () =>
      Effect.gen(function* () {
        yield* counter
        const sql = yield* SqlClient.SqlClient
        const { cutAfter, cutBefore } = yield* FaultProxy
        const script = Effect.as(sql.unsafe("UPDATE counter SET n = n + 1; SELECT 1"), "done")
        yield* cutAfter("toServer", FaultProxy.isCommit, "blackhole")
        assert.strictEqual(yield* sql.withTransaction(script).pipe(inTime), "done")
        yield* cutBefore("toServer", FaultProxy.isCommit, "blackhole")
        const error = yield* failure(sql.withTransaction(script).pipe(inTime))
        assert.strictEqual(error.outcome, "RolledBack")
        assert.deepStrictEqual(yield* sql`SELECT n FROM counter`, [{ n: 1 }])
      })
    )

    it.effect("a BEGIN is overtaken, and another session taken", () =>
      Effect.gen(function* () {
        yield* counter
        const sql = yield* SqlClient.SqlClient
        const { blackholeAll } = yield* FaultProxy
        yield* Effect.zipRight(sql`SELECT 1`, blackholeAll)
        yield* sql.withTransaction(sql`SELECT 1`).pipe(inTime)
      })
    )

    it.effect("a statement outside a transaction is left to its own time limit", () =>
      Effect.gen(function* () {
        yield* counter
        const sql = yield* SqlClient.SqlClient
        const { blackholeAll, stats } = yield* FaultProxy
        yield* Effect.zipRight(sql`SELECT 1`, blackholeAll)
        const { accepted } = yield* stats
        const error = yield* failure(PgClient.statementTimeout(sql`SELECT 1`, "600 millis"))
        assert.strictEqual(error.reason._tag, "StatementTimeoutError")
        // The cancel is repeated every 20 of its 80 ms.
        assert.isAtMost((yield* stats).accepted, accepted + 4)
      })
    )
  })

  layer(stage("transaction", 1), { excludeTestServices: true })("with one session", (it) => {
    it.effect("who waits for it, at BEGIN too, is not taken for swallowed", () =>
      Effect.gen(function* () {
        yield* counter
        const sql = yield* SqlClient.SqlClient
        const { stats } = yield* Pool
        const use = sql.withTransaction(sql`UPDATE counter SET n = n + 1 RETURNING n`)
        yield* Effect.all([sql`SELECT 1`, sql`SELECT 1`, sql`SELECT 1`], { concurrency: 3 })
        const holder = yield* Effect.fork(
          sql.withTransaction(Effect.zipRight(sql`SELECT 1`, Effect.sleep("900 millis")))
        )
        yield* Effect.sleep("50 millis")
        const answers = yield* Effect.all([use, sql`SELECT 1 AS one`], { concurrency: 2 })
        assert.deepStrictEqual(answers, [[{ n: 1 }], [{ one: 1 }]])
        yield* Fiber.join(holder)
        assert.strictEqual((yield* stats).lastError._tag, "None")
      })
    )
  })

  const session = stage("session", 4, { poolMode: "session" })
  layer(session, { excludeTestServices: true })("in session mode, if one says so", (it) => {
    it.effect("a statement outside a transaction is found out", () =>
      Effect.gen(function* () {
        yield* counter
        const sql = yield* SqlClient.SqlClient
        const [limits] = yield* sql`SHOW tcp_user_timeout`
        assert.deepStrictEqual(limits, { tcp_user_timeout: "0" })
        const { blackholeAll } = yield* FaultProxy
        yield* Effect.zipRight(sql`SELECT 1`, blackholeAll)
        const error = yield* failure(sql`UPDATE counter SET n = n + 1`).pipe(inTime)
        assert.strictEqual(error.outcome, "Unknown")
      })
    )
  })
})
