import { SqlClient } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { Config, Console, Effect, Stream } from "effect"

const Database = PgClient.layerConfig({
  url: Config.redacted("DATABASE_URL"),
  maxConnections: Config.succeed(2)
})

const invite = (email: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql<{
        readonly email: string
      }>`INSERT INTO invitations ${sql.insert({ email })} RETURNING email`
  )

const program = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  yield* sql`DROP TABLE IF EXISTS invitations`
  yield* sql`CREATE TABLE invitations (email text PRIMARY KEY)`
  const json = yield* sql`SELECT ${sql.json({ name: "holdfast" })}::jsonb AS value`
  const both = yield* sql.withTransaction(
    Effect.all([invite("a@example.com"), invite("b@example.com")])
  )
  const caught = yield* sql
    .withTransaction(Effect.zipRight(invite("c@example.com"), invite("a@example.com")))
    .pipe(Effect.catchTag("SqlError", (error) => Effect.succeed(error._tag)))
  const left = yield* Stream.runCount(sql`SELECT email FROM invitations`.stream)
  const [client] = yield* sql<{ name: string }>`SELECT current_setting('application_name') AS name`
  yield* Console.log(JSON.stringify({ client: client?.name, json, both, caught, left }))
})

Effect.runPromise(Effect.provide(program, Database))
