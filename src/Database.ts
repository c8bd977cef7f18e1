import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Data, Effect, Layer, type Redacted } from "effect"
import * as Migrations from "./auth/Migrations.ts"
import type { Pool } from "./pool/Pool.ts"
import { isEmbedded, type Settings } from "./Settings.ts"
import * as PgClient from "./sql/PgClient.ts"
import type { EmbeddedPostgresError } from "./testing/EmbeddedPostgresError.ts"

/** Where the embedded server keeps its data, below the folder that the service was started in. */
const embeddedDirectory = ".data/postgres"

/** The service was started in production without the address of a database. */
export class DatabaseUrlMissing extends Data.TaggedError("DatabaseUrlMissing")<{
  readonly message: string
}> {}

const urlMissing = new DatabaseUrlMissing({
  message:
    "NODE_ENV is production, and neither NEON_DB_URL nor DATABASE_URL is set: set one of them to the address of your Postgres database."
})

/** Migrates on the first connection, unless DB_MIGRATE=off. */
const initialize = ({ database: { migrate } }: Settings) =>
  migrate === "off" ? {} : { initialize: Migrations.migrateFirst }

/** Lazy, so that a database that is away costs answers (503) and not the service. */
const client = (settings: Settings, url: Redacted.Redacted<string>) =>
  PgClient.layer({ ...settings.pool, ...initialize(settings), url, lazy: true })

const embedded = (settings: Settings) =>
  Effect.gen(function* () {
    // Loaded only here: a service with a database of its own needs none of it.
    const { EmbeddedPostgres } = yield* Effect.promise(
      () => import("./testing/EmbeddedPostgres.ts")
    )
    const started = Effect.gen(function* () {
      const { port, url } = yield* EmbeddedPostgres
      yield* Effect.logInfo(
        `No NEON_DB_URL or DATABASE_URL: using an embedded PostgreSQL on port ${port}, with its data in ${embeddedDirectory}`
      )
      return client(settings, url)
    })
    return Layer.provide(
      Layer.unwrapEffect(started),
      EmbeddedPostgres.layer({ directory: embeddedDirectory })
    )
  }).pipe(Layer.unwrapEffect)

type Failure = DatabaseUrlMissing | EmbeddedPostgresError | SqlError

/**
 * The service's database: the one that `NEON_DB_URL` or `DATABASE_URL` names, else, outside
 * production, an embedded server.
 */
export const layer = (
  settings: Settings
): Layer.Layer<SqlClient | Pool | PgClient.PgClient, Failure> => {
  const url = settings.database.neonDbUrl ?? settings.database.databaseUrl
  if (url !== undefined) return client(settings, url)
  return isEmbedded(settings) ? embedded(settings) : Layer.fail(urlMissing)
}
