import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer } from "effect"
import type { Pool } from "../../src/pool/Pool.ts"
import { PgClient } from "../../src/sql/index.ts"
import { PgBouncer, type PgBouncerOptions } from "./PgBouncer.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** A PgBouncer in front of the file's database. */
export const pooler = (
  options: Omit<PgBouncerOptions, "database">
): Layer.Layer<PgBouncer, never, TestDatabase> =>
  PgBouncer.layer(Effect.map(TestDatabase, ({ url }) => ({ ...options, database: url })))

/** The same with holdfast's client, through the pooler. */
export const pooledClient = (
  options: Omit<PgBouncerOptions, "database">,
  config: PgClient.PgClientConfig = {}
): Layer.Layer<SqlClient | PgClient.PgClient | Pool | PgBouncer, SqlError, TestDatabase> =>
  Layer.unwrapEffect(Effect.map(PgBouncer, ({ url }) => PgClient.layer({ ...config, url }))).pipe(
    Layer.provideMerge(pooler(options))
  )
