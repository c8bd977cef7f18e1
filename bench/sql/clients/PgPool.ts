import { Effect, Redacted } from "effect"
import * as pg from "pg"
import { promiseCaller } from "../../Caller.ts"
import type { Client, Open } from "../Client.ts"
import { passGate } from "../Gate.ts"
import { itemIds } from "../Workload.ts"

/** A statement with its name, if it is to have one. */
type Named = (name: string, text: string) => { readonly text: string; readonly name?: string }

/** The transaction is that of https://node-postgres.com/features/transactions. */
const transaction = async (pool: pg.Pool, named: Named, item: number) => {
  const insert = named("insert", "INSERT INTO orders (item, quantity) VALUES ($1, $2)")
  const client = await pool.connect()
  try {
    await client.query("BEGIN")
    await client.query({ ...insert, values: [item, 1] })
    await client.query({ ...insert, values: [item, 2] })
    await client.query("COMMIT")
  } catch (error) {
    await client.query("ROLLBACK")
    throw error
  } finally {
    client.release()
  }
}

const clientOf = (pool: pg.Pool, named: Named): Client => {
  const nextId = itemIds()
  const select = named("select", "SELECT id, name, created_at FROM items WHERE id = $1")
  return {
    pointSelect: promiseCaller(() => pool.query({ ...select, values: [nextId()] })),
    transaction: promiseCaller(() => transaction(pool, named, nextId())),
    passGate: promiseCaller(() => pool.query(passGate))
  }
}

const over =
  (named: Named): Open =>
  (url, maxConnections) =>
    Effect.acquireRelease(
      Effect.sync(
        () => new pg.Pool({ connectionString: Redacted.value(url), max: maxConnections })
      ),
      (pool) => Effect.promise(() => pool.end())
    ).pipe(Effect.map((pool) => clientOf(pool, named)))

/** As https://node-postgres.com/features/pooling has it: every statement is parsed each time. */
export const pgPool: Open = over((_, text) => ({ text }))

/** As https://node-postgres.com/features/queries#prepared-statements has it. */
export const namedPgPool: Open = over((name, text) => ({ name, text }))
