import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Client as NeonClient, Pool as NeonPool, neonConfig } from "@neondatabase/serverless"
import { Chunk, Context, Duration, Effect, Exit, Fiber, Layer, Redacted, Stream } from "effect"
import type * as pg from "pg"
import { inject } from "vitest"
import { WebSocket } from "ws"
import { Pool } from "../../src/pool/index.ts"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { withParameters } from "../support/SecurePostgres.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { type WebSocketRelay, webSocketRelay } from "../support/WebSocketRelay.ts"

class Relay extends Context.Tag("test/Relay")<Relay, WebSocketRelay>() {
  /** In front of the run's server, and where Neon's driver looks for its own. */
  static readonly layer = Layer.scoped(
    Relay,
    Effect.gen(function* () {
      const relay = yield* webSocketRelay(Number(new URL(inject("postgresUrl")).port))
      neonConfig.webSocketConstructor = WebSocket
      neonConfig.wsProxy = () => relay.address
      neonConfig.useSecureWebSocket = false
      neonConfig.pipelineConnect = false
      return relay
    })
  )
}

const client = (config: PgClient.PgClientConfig = {}) =>
  Layer.unwrapEffect(
    Effect.map(TestDatabase, ({ url }) =>
      PgClient.layer({ driver: NeonClient, url, maxConnections: 2, ...config })
    )
  )

const backend = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`,
    ([row]) => row?.pid ?? 0
  )

/** It has the interface of `pg.Pool`, but not its declared types. */
const isPool = (pool: unknown): pool is pg.Pool => pool instanceof NeonPool

const neonPool = (url: Redacted.Redacted): Effect.Effect<pg.Pool> => {
  const pool: unknown = new NeonPool({ connectionString: Redacted.value(url) })
  return isPool(pool) ? Effect.succeed(pool) : Effect.dieMessage("no pool")
}

const stage = Layer.merge(Relay.layer, TestDatabase.address)

layer(stage, { excludeTestServices: true })("@neondatabase/serverless as the driver", (it) => {
  it.effect("runs statements, transactions and streams over WebSockets", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE notes (id int PRIMARY KEY, line text, at timestamptz DEFAULT now())`
      yield* sql.withTransaction(sql`INSERT INTO notes VALUES (1, 'kept')`)
      const failing = Effect.zipRight(sql`INSERT INTO notes VALUES (2, 'lost')`, Effect.fail("no"))
      yield* Effect.flip(sql.withTransaction(failing))
      const doubled = yield* Effect.flip(sql`INSERT INTO notes VALUES (1, 'again')`)
      assert.instanceOf(doubled, PgError)
      assert.strictEqual(doubled.reason._tag, "UniqueViolation")
      const rows = yield* sql`SELECT id, line, at IS NOT NULL AS dated FROM notes WHERE id < ${9}`
      assert.deepStrictEqual(rows, [{ id: 1, line: "kept", dated: true }])
      const numbers = sql<{ readonly n: number }>`SELECT generate_series(1, 1000) AS n`.stream
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(numbers)), 1_000)
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(Stream.take(numbers, 3))), 3)
      assert.isAbove((yield* Relay).opened(), 0)
      assert.strictEqual((yield* (yield* Pool).stats).active, 0)
    }).pipe(Effect.provide(client()))
  )

  it.effect("takes the string that Neon prints, whose TLS is the WebSocket's own", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const printed = withParameters(url, { sslmode: "require", channel_binding: "require" })
      const one = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 AS one`)
      const rows = yield* Effect.provide(one, client({ url: printed }))
      assert.deepStrictEqual(rows, [{ one: 1 }])
    })
  )

  it.effect("never lends a session that was given back inside a transaction", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const begun = Effect.flatMap(sql.reserve, (session) =>
        Effect.zipRight(
          session.executeUnprepared("BEGIN", [], undefined),
          session.executeUnprepared("SELECT pg_backend_pid() AS pid", [], undefined)
        )
      )
      const before = yield* Effect.scoped(begun)
      assert.notDeepEqual([{ pid: yield* backend(sql) }], before)
    }).pipe(Effect.provide(client({ maxConnections: 1 })))
  )

  it.effect(
    "replaces sessions whose WebSocket was dropped, and says what became of statements",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const relay = yield* Relay
        const before = yield* backend(sql)
        const running = yield* Effect.fork(Effect.exit(sql`SELECT pg_sleep(30)`))
        yield* Effect.sleep("50 millis")
        yield* relay.dropAll
        const exit = yield* Fiber.join(running)
        assert.isTrue(Exit.isFailure(exit))
        const error = yield* Effect.flip(exit)
        assert.instanceOf(error, PgError)
        assert.strictEqual(error.outcome, "Unknown")
        assert.isTrue(error.isRetryable)
        assert.notStrictEqual(yield* backend(sql), before)
      }).pipe(Effect.provide(client({ maxConnections: 1 })))
  )

  it.effect("cancels an interrupted statement over a WebSocket of its own, and nobody else's", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const others = yield* Effect.map(Layer.build(client()), Context.get(SqlClient.SqlClient))
      const innocent = yield* Effect.fork(Effect.repeatN(others`SELECT pg_sleep(0.05)`, 8))
      let kept = 0
      for (let round = 0; round < 5; round++) {
        const before = yield* backend(sql)
        const running = yield* Effect.fork(sql`SELECT pg_sleep(30)`)
        yield* Effect.sleep("50 millis")
        const [took] = yield* Effect.timed(Fiber.interrupt(running))
        // 100 ms is the promise; the rest is what two busy cores may add to it.
        assert.isBelow(Duration.toMillis(took), 250)
        if ((yield* backend(sql)) === before) kept += 1
      }
      yield* Fiber.join(innocent)
      // A session is kept only where the server has confirmed the cancel.
      assert.isAtLeast(kept, 1)
      assert.strictEqual((yield* (yield* Pool).stats).active, 0)
    }).pipe(Effect.scoped, Effect.provide(client({ maxConnections: 1 })))
  )

  it.effect("says that nobody listens when the WebSocket can't be had, and keeps trying", () =>
    Effect.gen(function* () {
      class Astray extends NeonClient {
        constructor(config: pg.ClientConfig) {
          super(config)
          this.neonConfig.wsProxy = "127.0.0.1:1"
        }
      }
      const { url } = yield* TestDatabase
      const options = { driver: Astray, url, maxRetries: 1, retryDelay: "10 millis" } as const
      const error = yield* Effect.flip(Layer.build(PgClient.layer(options)))
      assert.instanceOf(error, PgError)
      assert.isTrue(error.isRetryable)
      assert.match(error.message, /ECONNREFUSED/)
    }).pipe(Effect.scoped)
  )

  it.effect("borrows from the driver's own pool", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const doubled = yield* Effect.flip(sql.withTransaction(sql`SELECT 1 / 0`))
      assert.strictEqual(doubled._tag, "SqlError")
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
    }).pipe(
      Effect.provide(
        Layer.unwrapEffect(
          Effect.map(TestDatabase, ({ url }) =>
            PgClient.layerFromPool({
              acquire: Effect.acquireRelease(neonPool(url), (pool) =>
                Effect.promise(() => pool.end())
              )
            })
          )
        )
      )
    )
  )
})
