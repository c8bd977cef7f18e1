import { readFileSync } from "node:fs"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { inject } from "vitest"
import type { Pool } from "../../src/pool/Pool.ts"
import { ensureSchema, PgClient } from "../../src/sql/index.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

const withDatabase = (url: string, name: string): Redacted.Redacted<string> => {
  const address = new URL(url)
  address.pathname = `/${name}`
  return Redacted.make(address.href)
}

let count = 0

/** An empty database on the run's server, dropped with the scope. */
const empty: Effect.Effect<Redacted.Redacted<string>, SqlError, Scope.Scope> = Effect.gen(
  function* () {
    const server = inject("postgresUrl")
    const name = `test_${process.pid}_${count++}`
    const admin = PgClient.layer({ url: Redacted.make(server), maxConnections: 1 })
    const run = (statement: string) =>
      Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe(statement)).pipe(Effect.provide(admin))
    yield* Effect.acquireRelease(run(`CREATE DATABASE ${name}`), () =>
      Effect.orDie(run(`DROP DATABASE ${name} WITH (FORCE)`))
    )
    return withDatabase(server, name)
  }
)

/** A database of its own for each test file, with `schema.sql` loaded. */
export class TestDatabase extends Context.Tag("test/TestDatabase")<
  TestDatabase,
  { readonly url: Redacted.Redacted<string> }
>() {
  /** The database without a client. */
  static readonly address: Layer.Layer<TestDatabase, SqlError> = Layer.scoped(
    TestDatabase,
    Effect.map(empty, (url) => ({ url }))
  )

  /** The database and holdfast's client for it; `config` adds to the client's configuration. */
  static readonly client = (
    config: PgClient.PgClientConfig = {}
  ): Layer.Layer<SqlClient | PgClient.PgClient | Pool | TestDatabase, SqlError> =>
    Layer.unwrapEffect(
      Effect.map(TestDatabase, ({ url }) =>
        PgClient.layer({ initialize: ensureSchema(schema), ...config, url })
      )
    ).pipe(Layer.provideMerge(TestDatabase.address))

  /** As {@link client}, with its defaults. */
  static readonly layer = TestDatabase.client()
}
