import { readFileSync } from "node:fs"
import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { ensureSchema } from "../support/ensureSchema.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

const tables = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ readonly name: string }>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`
).pipe(Effect.map((rows) => rows.map(({ name }) => name)))

const ownTables = [...schema.matchAll(/^create table if not exists (\w+)/gm)]
  .map(([, name]) => name)
  .toSorted()

const started = (config: PgClient.PgClientConfig) =>
  Effect.flatMap(TestDatabase, ({ url }) =>
    Effect.provide(tables, PgClient.layer({ ...config, url }))
  )

const onEmptyDatabase = { excludeTestServices: true } as const

layer(TestDatabase.address, onEmptyDatabase)("creating the schema at the start", (it) => {
  it.effect("works from many instances at once, and once they are there", () =>
    Effect.gen(function* () {
      const instance = started({ initialize: ensureSchema(schema) })
      const seen = yield* Effect.all(
        Array.from({ length: 8 }, () => instance),
        { concurrency: "unbounded" }
      )
      for (const names of [...seen, yield* instance]) assert.deepStrictEqual(names, ownTables)
    })
  )

  it.effect("needs no right to create anything where the tables exist", () =>
    Effect.gen(function* () {
      const role = `reader_${process.pid}`
      const { url } = yield* TestDatabase
      const asOwner = (statement: string) =>
        Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)).pipe(
          Effect.provide(PgClient.layer({ url }))
        )
      yield* Effect.acquireRelease(
        asOwner(`CREATE ROLE ${role} LOGIN PASSWORD 'reader'; GRANT SELECT ON users TO ${role}`),
        () => Effect.orDie(asOwner(`DROP OWNED BY ${role}; DROP ROLE ${role}`))
      )
      const address = new URL(Redacted.value(url))
      address.username = role
      address.password = "reader"
      const asReader = PgClient.layer({
        initialize: ensureSchema(schema),
        url: Redacted.make(address.href)
      })
      const names = yield* Effect.provide(tables, asReader)
      assert.deepStrictEqual(names, ["users"], "what the role may see")
    }).pipe(Effect.scoped)
  )
})

layer(TestDatabase.address, onEmptyDatabase)("a schema that can't be created", (it) => {
  it.effect("keeps the client from being built, and leaves nothing half made", () =>
    Effect.gen(function* () {
      const broken = `${schema}\ncreate table if not exists third (id nonsense);`
      const error = yield* Effect.flip(started({ initialize: ensureSchema(broken) }))
      assert.include(error.message, "the first connection could not be initialized")
      assert.deepStrictEqual(yield* started({}), [])
    })
  )
})
