import type { SqlClient } from "@effect/sql/SqlClient"
import { PgClient as StockPgClient } from "@effect/sql-pg"
import { Effect, identity } from "effect"
import { PgClient, type PgError } from "holdfast"
import { effectCaller } from "../../Caller.ts"
import type { Client, Open } from "../Client.ts"
import { passGate } from "../Gate.ts"
import { itemIds } from "../Workload.ts"

type Policy = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E | PgError, R>

const clientOf = (sql: SqlClient, read: Policy, write: Policy): Client => {
  const nextId = itemIds()
  const order = Effect.suspend(() => {
    const item = nextId()
    return Effect.zipRight(
      sql`INSERT INTO orders (item, quantity) VALUES (${item}, ${1})`,
      sql`INSERT INTO orders (item, quantity) VALUES (${item}, ${2})`
    )
  })
  return {
    pointSelect: effectCaller(
      read(Effect.suspend(() => sql`SELECT id, name, created_at FROM items WHERE id = ${nextId()}`))
    ),
    transaction: effectCaller(write(sql.withTransaction(order))),
    passGate: effectCaller(sql.unsafe(passGate))
  }
}

/** `@effect/sql-pg` as it is published. */
export const stock: Open = (url, maxConnections) =>
  Effect.map(StockPgClient.make({ url, maxConnections }), (sql) =>
    clientOf(sql, identity, identity)
  )

/** holdfast as it is built, with what is on by default. */
export const holdfast: Open = (url, maxConnections) =>
  Effect.map(PgClient.make({ url, maxConnections }), (sql) => clientOf(sql, identity, identity))

/** The same, and what fails is run again where that is safe. */
export const holdfastReplayed: Open = (url, maxConnections) =>
  Effect.map(PgClient.make({ url, maxConnections }), (sql) =>
    clientOf(sql, PgClient.replay({ idempotent: true }), PgClient.replay())
  )
