import type { SqlClient } from "@effect/sql/SqlClient"
import { PgClient as StockPgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { PgClient } from "holdfast"
import * as pg from "pg"
import { itemCount, type Workload } from "./Workload.ts"

/** One who runs the workloads, over connections of its own. */
export interface Contestant {
  readonly name: string
  readonly operations: Readonly<Record<Workload["operation"], Effect.Effect<unknown, unknown>>>
}

/** Both clients' own default is the same number; it is said so that it stays so. */
const maxConnections = 10

/** Another row each time, in an order that no cache foresees. */
const itemIds = () => {
  let id = 0
  return () => {
    id = (id + 389) % itemCount
    return id
  }
}

/** The same code for every client of Effect: only the import differs. */
const overSql = (name: string, sql: SqlClient): Contestant => {
  const nextId = itemIds()
  return {
    name,
    operations: {
      pointSelect: Effect.suspend(
        () => sql`SELECT id, name, created_at FROM items WHERE id = ${nextId()}`
      ),
      constant: Effect.suspend(() => sql`SELECT 1`),
      transaction: sql.withTransaction(
        Effect.gen(function* () {
          const item = nextId()
          yield* sql`INSERT INTO orders (item, quantity) VALUES (${item}, ${1})`
          yield* sql`INSERT INTO orders (item, quantity) VALUES (${item}, ${2})`
          yield* sql`SELECT id, name FROM items WHERE id = ${item}`
        })
      )
    }
  }
}

const transaction = async (pool: pg.Pool, item: number) => {
  const client = await pool.connect()
  await client.query("BEGIN")
  await client.query("INSERT INTO orders (item, quantity) VALUES ($1, $2)", [item, 1])
  await client.query("INSERT INTO orders (item, quantity) VALUES ($1, $2)", [item, 2])
  await client.query("SELECT id, name FROM items WHERE id = $1", [item])
  await client.query("COMMIT")
  client.release()
}

/** `@effect/sql-pg` as it is published. */
export const stock = (url: Redacted.Redacted) =>
  Effect.map(StockPgClient.make({ url, maxConnections }), (sql) => overSql("stock", sql))

/** holdfast as it is built, with what is on by default. */
export const ours = (url: Redacted.Redacted) =>
  Effect.map(PgClient.make({ url, maxConnections }), (sql) => overSql("holdfast", sql))

/** The driver's own pool: what is left when Effect and the clients cost nothing. */
export const driver = (url: Redacted.Redacted) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(
        () => new pg.Pool({ connectionString: Redacted.value(url), max: maxConnections })
      ),
      (pool) => Effect.promise(() => pool.end())
    ),
    (pool): Contestant => {
      const nextId = itemIds()
      const select = "SELECT id, name, created_at FROM items WHERE id = $1"
      return {
        name: "pg.Pool",
        operations: {
          pointSelect: Effect.promise(() => pool.query(select, [nextId()])),
          constant: Effect.promise(() => pool.query("SELECT 1")),
          transaction: Effect.promise(() => transaction(pool, nextId()))
        }
      }
    }
  )
