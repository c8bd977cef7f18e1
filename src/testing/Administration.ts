import { Data, Effect, Redacted, type Scope } from "effect"
import pg from "pg"

/** A database of its own could not be made or dropped. The message says why. */
export class FreshDatabaseError extends Data.TaggedError("FreshDatabaseError")<{
  readonly message: string
  readonly cause: unknown
}> {}

const connected = (server: Redacted.Redacted<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const client = new pg.Client({
        connectionString: Redacted.value(server),
        connectionTimeoutMillis: 10_000,
        query_timeout: 30_000
      })
      client.on("error", () => undefined)
      return client
    }),
    (client) => Effect.promise(() => client.end().catch(() => undefined))
  )

/** Works in a session of its own. `what` is what fails if the work does: "... could not be ...". */
const administer = <A>(
  server: Redacted.Redacted<string>,
  what: string,
  work: (client: pg.Client) => Promise<A>
): Effect.Effect<A, FreshDatabaseError> =>
  connected(server).pipe(
    Effect.flatMap((client) =>
      Effect.tryPromise({
        try: async () => {
          await client.connect()
          return await work(client)
        },
        catch: (cause) =>
          new FreshDatabaseError({
            message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
            cause
          })
      })
    ),
    Effect.scoped
  )

/** Creates the database if there is none of that name. initdb makes "postgres" only. */
export const ensureDatabase = (
  server: Redacted.Redacted<string>,
  database: string
): Effect.Effect<void, FreshDatabaseError> =>
  administer(server, `The database "${database}" could not be created`, async (client) => {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [
      database
    ])
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(database)}`)
  })

/** A database that is dropped with the scope, sessions in it or not. */
export const scopedDatabase = (
  server: Redacted.Redacted<string>,
  database: string,
  template: string | undefined
): Effect.Effect<void, FreshDatabaseError, Scope.Scope> =>
  Effect.acquireRelease(
    administer(server, `The database "${database}" could not be created`, async (client) => {
      const like = template === undefined ? "" : ` template ${client.escapeIdentifier(template)}`
      await client.query(`create database ${client.escapeIdentifier(database)}${like}`)
    }),
    () =>
      administer(server, `The database "${database}" could not be dropped`, (client) =>
        client.query(`drop database ${client.escapeIdentifier(database)} with (force)`)
      ).pipe(Effect.ignoreLogged)
  )
