import * as pg from "pg"
import { emailOf, listener, maxConnections, type Open } from "../Client.ts"

/** The limits are those of the example in https://node-postgres.com/apis/pool. */
export const options = (url: string): pg.PoolConfig => ({
  connectionString: url,
  max: maxConnections,
  idleTimeoutMillis: 30_000,
  connectionTimeoutMillis: 2000
})

/**
 * The listener is that of https://node-postgres.com/apis/pool#error, and the transaction that of
 * https://node-postgres.com/features/transactions.
 */
export const pgPool: Open = async (url) => {
  const pool = new pg.Pool(options(url))
  pool.on("error", listener)
  return {
    signUp: async (signUp) => {
      const { account, session } = signUp
      const client = await pool.connect()
      try {
        await client.query("BEGIN")
        await client.query("INSERT INTO accounts (id, email) VALUES ($1, $2)", [
          account,
          emailOf(signUp)
        ])
        await client.query("INSERT INTO sessions (id, account_id) VALUES ($1, $2)", [
          session,
          account
        ])
        await client.query("COMMIT")
      } catch (error) {
        await client.query("ROLLBACK")
        throw error
      } finally {
        client.release()
      }
    },
    read: async (account) =>
      (await pool.query<{ id: string }>("SELECT id FROM accounts WHERE id = $1", [account])).rows
  }
}
