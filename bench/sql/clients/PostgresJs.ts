import { Effect, Redacted } from "effect"
import postgres from "postgres"
import { promiseCaller } from "../../Caller.ts"
import type { Client, Open } from "../Client.ts"
import { passGate } from "../Gate.ts"
import { itemIds } from "../Workload.ts"

const clientOf = (sql: postgres.Sql): Client => {
  const nextId = itemIds()
  return {
    pointSelect: promiseCaller(
      () => sql`SELECT id, name, created_at FROM items WHERE id = ${nextId()}`
    ),
    transaction: promiseCaller(() =>
      sql.begin(async (transaction) => {
        const item = nextId()
        await transaction`INSERT INTO orders (item, quantity) VALUES (${item}, ${1})`
        await transaction`INSERT INTO orders (item, quantity) VALUES (${item}, ${2})`
      })
    ),
    passGate: promiseCaller(() => sql.unsafe(passGate))
  }
}

/** With its defaults, and its transaction: https://github.com/porsager/postgres#transactions. */
export const postgresJs: Open = (url, maxConnections) =>
  Effect.acquireRelease(
    Effect.sync(() => postgres(Redacted.value(url), { max: maxConnections })),
    (sql) => Effect.promise(() => sql.end())
  ).pipe(Effect.map(clientOf))
