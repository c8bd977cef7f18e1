import { SqlClient } from "@effect/sql"
import { Effect } from "effect"
import { authSchema } from "../../src/auth/authSchema.ts"

/** Every spelling that a token could have of a value. */
const spellings = (value: unknown): ReadonlyArray<string> => {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value)
    return (["base64url", "base64", "hex", "latin1"] as const).map((it) => bytes.toString(it))
  }
  const text = value instanceof Date ? value.toISOString() : String(value)
  return [text, ...text.split("$"), Buffer.from(text).toString("base64url")]
}

/** Every value in the tables of accounts, each once, in every spelling that a token could have. */
export const databaseDump = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* Effect.forEach(
    authSchema.tables,
    (table) => sql<Record<string, unknown>>`select * from ${sql(table)}`
  )
  const values = rows.flat().flatMap((row) => Object.values(row))
  return [...new Set(values.flatMap(spellings))]
})
