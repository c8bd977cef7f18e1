import { Effect } from "effect"
import pg from "pg"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

const created = (database: string) => (cause: unknown) =>
  new EmbeddedPostgresError({
    reason: "StartFailed",
    message: `The database "${database}" could not be created in the embedded Postgres: \
${cause instanceof Error ? cause.message : String(cause)}`,
    cause
  })

const connect = (config: pg.ClientConfig) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const client = new pg.Client({ ...config, database: "postgres", query_timeout: 30_000 })
      client.on("error", () => undefined)
      return client
    }),
    (client) => Effect.promise(() => client.end().catch(() => undefined))
  )

/** Creates the database if there is none of that name. initdb makes "postgres" only. */
export const ensureDatabase = Effect.fn("ServerDatabase.ensure")(function* (
  address: { readonly host: string; readonly port: number },
  login: { readonly user: string; readonly password: string },
  database: string
) {
  if (database === "postgres") return
  const client = yield* connect({ ...address, ...login, connectionTimeoutMillis: 10_000 })
  yield* Effect.tryPromise({
    try: async () => {
      await client.connect()
      const { rowCount } = await client.query("select from pg_database where datname = $1", [
        database
      ])
      if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`)
    },
    catch: created(database)
  })
}, Effect.scoped)
