import { readFileSync } from "node:fs"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Layer, Redacted } from "effect"
import { inject } from "vitest"
import type { Pool } from "../../src/pool/Pool.ts"
import { PgClient } from "../../src/sql/index.ts"
import { FreshDatabase } from "../../src/testing/FreshDatabase.ts"
import { ensureSchema } from "./ensureSchema.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

/** A database of its own for each test file, with `schema.sql` loaded. */
export class TestDatabase extends Context.Tag("test/TestDatabase")<
  TestDatabase,
  { readonly url: Redacted.Redacted<string> }
>() {
  /** The database without a client. */
  static readonly address: Layer.Layer<TestDatabase> = Layer.scoped(
    TestDatabase,
    Effect.suspend(() => FreshDatabase.make({ server: Redacted.make(inject("postgresUrl")) }))
  ).pipe(Layer.orDie)

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
