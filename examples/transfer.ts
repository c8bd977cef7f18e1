import { SqlClient } from "@effect/sql"
import { Config, Effect } from "effect"
import { PgClient } from "holdfast" // was: "@effect/sql-pg"

export const Database = PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })

/** Moves an amount once, or fails: also when the connection is lost at any point of it. */
export const transfer = (from: string, to: string, amount: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const both = Effect.zipRight(
      sql`UPDATE purses SET amount = amount - ${amount} WHERE owner = ${from}`,
      sql`UPDATE purses SET amount = amount + ${amount} WHERE owner = ${to}`
    )
    yield* sql.withTransaction(both).pipe(PgClient.replay())
  })
