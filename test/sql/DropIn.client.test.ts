import { PersistedQueue, Reactivity } from "@effect/experimental"
import { SqlClient, SqlPersistedQueue } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  Context,
  Effect,
  Exit,
  Layer,
  Redacted,
  Schema,
  String as Str,
  Stream
} from "effect"
import * as pg from "pg"
import { Pool } from "../../src/pool/index.ts"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const camelCased = {
  transformQueryNames: Str.camelToSnake,
  transformResultNames: Str.snakeToCamel
}

const database = Layer.merge(TestDatabase.layer, Reactivity.layer)

const backend = Effect.flatMap(
  PgClient.PgClient,
  (sql) => sql<{ readonly pid: number }>`SELECT pg_backend_pid() AS pid`
)

/** A pool that the test owns: the client may use it, and must leave it in order. */
const ownPool = Effect.flatMap(TestDatabase, ({ url }) =>
  Effect.acquireRelease(
    Effect.sync(() => new pg.Pool({ connectionString: Redacted.value(url), max: 2 })),
    (pool) => Effect.promise(() => pool.end())
  )
)

const assertOrderly = (pool: pg.Pool) =>
  Effect.gen(function* () {
    assert.isFalse(pool.ending)
    assert.strictEqual(pool.totalCount, pool.idleCount)
    assert.strictEqual(pool.waitingCount, 0)
    const { rows } = yield* Effect.promise(() => pool.query("SELECT 1 AS one"))
    assert.deepStrictEqual(rows, [{ one: 1 }])
  })

layer(database, { excludeTestServices: true })("the client of @effect/sql-pg", (it) => {
  it.effect("compiles statements, identifiers and JSON in Postgres' dialect", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      const values = { firstName: "Ada", raw: sql.json({ keyOne: 1 }) }
      const compiled = (transformJson: boolean) =>
        PgClient.makeCompiler(Str.camelToSnake, transformJson).compile(
          sql`INSERT INTO ${sql("peopleTest")} ${sql.insert(values)}`,
          false
        )
      const [text, parameters] = compiled(true)
      assert.strictEqual(text, 'INSERT INTO "people_test" ("first_name","raw") VALUES ($1,$2)')
      assert.deepStrictEqual(parameters, ["Ada", { key_one: 1 }])
      assert.deepStrictEqual(compiled(false)[1], ["Ada", { keyOne: 1 }])
    })
  )

  it.effect("stores what json() wraps as one value of type jsonb", () =>
    Effect.gen(function* () {
      const sql = yield* PgClient.PgClient
      yield* sql`CREATE TABLE documents (id int, body jsonb)`
      const rows = [{ id: 1, body: sql.json({ a: [1, "ü"] }) }]
      yield* sql`INSERT INTO documents ${sql.insert(rows)}`
      const types = yield* sql`SELECT jsonb_typeof(body) AS kind, body FROM documents`
      assert.deepStrictEqual(types, [{ kind: "object", body: { a: [1, "ü"] } }])
    })
  )

  it.scoped("reads its configuration, and fails with a ConfigError when some is missing", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const client = PgClient.layerConfig({
        url: Config.redacted("URL"),
        applicationName: Config.string("NAME"),
        maxConnections: Config.integer("MAX")
      })
      const entries = { URL: Redacted.value(url), NAME: "configured", MAX: "1" }
      const built = (entries: Record<string, string>) =>
        Effect.withConfigProvider(
          Layer.build(client),
          ConfigProvider.fromMap(new Map(Object.entries(entries)))
        )
      const sql = Context.get(yield* built(entries), PgClient.PgClient)
      assert.deepStrictEqual(yield* sql`SHOW application_name`, [
        { application_name: "configured" }
      ])
      const missing = yield* Effect.flip(built({ NAME: "configured" }))
      assert.strictEqual(missing._tag, "ConfigError")
    })
  )

  it.effect("tells the parts of its URL as PgMigrator needs them for pg_dump", () =>
    Effect.gen(function* () {
      const { config } = yield* PgClient.PgClient
      const { hostname, password, pathname, port, username } = new URL(
        Redacted.value((yield* TestDatabase).url)
      )
      assert.strictEqual(config.host, hostname)
      assert.strictEqual(config.port, Number(port))
      assert.strictEqual(config.username, username)
      assert.strictEqual(config.database, pathname.slice(1))
      const given = config.password === undefined ? "" : Redacted.value(config.password)
      assert.strictEqual(given, password)
    })
  )

  it.effect("reserves one session for its holder, and takes it back", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const pool = yield* Pool
      const session = Effect.gen(function* () {
        const reserved = yield* sql.reserve
        const pids = yield* Effect.replicateEffect(
          reserved.executeValues("SELECT pg_backend_pid()", []),
          3
        )
        const others = yield* backend
        assert.strictEqual((yield* pool.stats).active, 1)
        return { others, pids: new Set(pids.flat(2)) }
      })
      const { others, pids } = yield* Effect.scoped(session)
      assert.strictEqual(pids.size, 1)
      assert.isFalse(others.some(({ pid }) => pids.has(pid)))
      assert.strictEqual((yield* pool.stats).active, 0)
    })
  )

  it.scoped("answers a reactive query again after each mutation of its keys", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE shelf (item text)`
      const count = sql`SELECT count(*)::int AS items FROM shelf`
      const add = Reactivity.mutation(sql`INSERT INTO shelf VALUES ('book')`, ["shelf"])
      const stream = yield* Stream.toPull(sql.reactive(["shelf"], count))
      const mailbox = yield* sql.reactiveMailbox({ shelf: [] }, count)
      for (const items of [0, 1, 2]) {
        assert.deepStrictEqual([...(yield* stream)], [[{ items }]])
        assert.deepStrictEqual(yield* mailbox.take, [{ items }])
        yield* add
      }
    })
  )

  it.scoped("leaves a pool that the caller owns open and in order", () =>
    Effect.gen(function* () {
      const pool = yield* ownPool
      const acquire = Effect.succeed(pool)
      const use = Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        assert.strictEqual(
          sql.config.database,
          new URL(pool.options.connectionString ?? "").pathname.slice(1)
        )
        const one = sql`SELECT ${1}::int AS some_one`
        assert.deepStrictEqual(yield* one, [{ someOne: 1 }])
        assert.deepStrictEqual(yield* sql.withTransaction(one), [{ someOne: 1 }])
      })
      yield* Effect.provide(use, PgClient.layerFromPool({ acquire, ...camelCased }))
      yield* assertOrderly(pool)
      const made = Effect.flatMap(
        PgClient.fromPool({ acquire }),
        (sql) => sql`SELECT 1 AS some_one`
      )
      assert.deepStrictEqual(yield* Effect.scoped(made), [{ some_one: 1 }])
      yield* assertOrderly(pool)
    })
  )

  it.effect("is made without a layer too, and closes with its scope", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const sql = yield* Effect.scoped(
        Effect.tap(PgClient.make({ url }), (sql) =>
          Effect.map(sql`SELECT 1 AS one`, (rows) => assert.deepStrictEqual(rows, [{ one: 1 }]))
        )
      )
      assert.isTrue(Exit.isFailure(yield* Effect.exit(sql`SELECT 1 AS one`)))
    })
  )

  it.scoped("carries the persisted queue", () =>
    Effect.gen(function* () {
      const queue = yield* PersistedQueue.make({ name: "numbers", schema: Schema.BigInt })
      yield* queue.offer(42n, { id: "once" })
      yield* queue.offer(42n, { id: "once" })
      assert.strictEqual(yield* queue.take(Effect.succeed), 42n)
      yield* queue.offer(43n, { id: undefined })
      assert.strictEqual(yield* queue.take(Effect.succeed), 43n)
    }).pipe(
      Effect.provide(PersistedQueue.layer.pipe(Layer.provide(SqlPersistedQueue.layerStore())))
    )
  )
})
