import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const run = (text: string) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(text))

const say = (session: Connection, script: string) =>
  Effect.asVoid(session.executeUnprepared(script, [], undefined))

const client = (config: PgClient.PgClientConfig) =>
  Layer.unwrapEffect(
    Effect.map(TestDatabase, ({ url }) =>
      Layer.fresh(
        PgClient.layer({
          url,
          maxConnections: 3,
          maxRetries: 0,
          ...config
        })
      )
    )
  )

/** Locks a table, and would keep it. */
const stuck = (table: string) => (session: Connection) =>
  say(
    session,
    `begin; create table if not exists ${table} (); lock table ${table}; select pg_sleep(60)`
  )

const lockers = run(`select from pg_locks l join pg_stat_activity a using (pid)
  where a.datname = current_database() and l.mode = 'AccessExclusiveLock'`)

layer(TestDatabase.address, { excludeTestServices: true })(
  "what the first connection does",
  (it) => {
    it.effect("may take longer than a connection may take to open, and is done once", () =>
      Effect.gen(function* () {
        let times = 0
        const initialize = (session: Connection) =>
          Effect.suspend(() => {
            times += 1
            return say(session, "select pg_sleep(1.5)")
          })
        const config = { initialize, minConnections: 2, connectTimeout: "1 second" } as const
        yield* Effect.provide(run("select 1"), client(config))
        assert.strictEqual(times, 1)
      })
    )

    it.effect("is what callers who wait for it in vain are told", () =>
      Effect.gen(function* () {
        const initialize = (session: Connection) => say(session, "select pg_sleep(1.5)")
        const impatient = client({ initialize, lazy: true, acquireTimeout: "1 second" })
        const [error, rows] = yield* Effect.provide(
          Effect.gen(function* () {
            const error = yield* Effect.flip(run("select 1"))
            return [error, yield* Effect.retry(run("select 1 as one"), { times: 5 })] as const
          }),
          impatient
        )
        assert.match(String(error.cause), /No connection after .*connecting 1.*being initialized/)
        assert.deepStrictEqual(rows, [{ one: 1 }])
      })
    )

    it.effect("is given up after a time of its own, and leaves no lock", () =>
      Effect.gen(function* () {
        const config = { initialize: stuck("given_up"), initializeTimeout: "600 millis" } as const
        const error = yield* Effect.flip(Effect.provide(Effect.void, client(config)))
        assert.include(error.message, "the first connection was not initialized within 600ms")
        assert.deepStrictEqual(yield* Effect.provide(lockers, client({})), [])
      })
    )

    it.effect("is given up with the pool, and leaves no lock", () =>
      Effect.gen(function* () {
        const begun = yield* Deferred.make<void>()
        const initialize = (session: Connection) =>
          Effect.zipRight(Deferred.succeed(begun, undefined), stuck("interrupted")(session))
        const building = yield* Effect.fork(Effect.provide(Effect.never, client({ initialize })))
        yield* Deferred.await(begun)
        yield* Effect.sleep("500 millis")
        yield* Fiber.interrupt(building)
        assert.deepStrictEqual(yield* Effect.provide(lockers, client({})), [])
      })
    )
  }
)
