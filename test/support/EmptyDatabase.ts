import * as SqlClient from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import { Effect } from "effect"
import { authSchema } from "../../src/auth/authSchema.ts"
import * as Migrations from "../../src/auth/Migrations.ts"
import { PgClient } from "../../src/sql/index.ts"
import { catalogOf } from "./catalog.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** A database without a table, for one test. */
export const onEmpty = <A, E>(
  test: Effect.Effect<A, E, SqlClient.SqlClient | TestDatabase>
): Effect.Effect<A, unknown> =>
  Effect.flatMap(TestDatabase, ({ url }) =>
    Effect.provide(test, PgClient.layer({ url, maxConnections: 3 }))
  ).pipe(Effect.provide(TestDatabase.address), Effect.scoped)

export const held = <A, E, R>(use: (connection: Connection) => Effect.Effect<A, E, R>) =>
  Effect.scoped(
    Effect.flatMap(
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql.reserve),
      use
    )
  )

export const all = authSchema.migrations.map(({ id }) => id)

export const quiet = { onStep: () => Effect.void }
export const migrated = held((connection) => Migrations.migrate(connection, quiet))
export const state = held(Migrations.state)
export const catalog = Effect.flatMap(SqlClient.SqlClient, catalogOf)
export const run = (script: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(script))
