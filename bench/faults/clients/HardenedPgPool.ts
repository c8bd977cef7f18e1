import { setTimeout } from "node:timers/promises"
import * as pg from "pg"
import { emailOf, listener, type Open, type Retries, retries } from "../Client.ts"
import { options } from "./PgPool.ts"

/**
 * What its documentation does not tell and those who were bitten do: a listener on every client, not
 * only on idle ones, and a client whose ROLLBACK fails is not given back to the pool.
 */
export const hardenedPgPool: Open = async (url) => {
  const pool = new pg.Pool(options(url))
  pool.on("error", listener)
  pool.on("connect", (client) => client.on("error", listener))
  return {
    signUp: async (signUp) => {
      const { account, session } = signUp
      const client = await pool.connect()
      let isBroken = false
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
        await client.query("ROLLBACK").catch(() => {
          isBroken = true
        })
        throw error
      } finally {
        client.release(isBroken)
      }
    },
    read: async (account) =>
      (await pool.query<{ id: string }>("SELECT id FROM accounts WHERE id = $1", [account])).rows
  }
}

const retried = async <A>(run: () => Promise<A>, { base, times }: Retries): Promise<A> => {
  for (let retry = 0; ; retry++) {
    try {
      return await run()
    } catch (error) {
      if (retry === times) throw error
      await setTimeout(base * 2 ** retry)
    }
  }
}

/** The same, with everything that failed run again, as helpers for retrying do. */
export const retriedPgPool: Open = async (url) => {
  const pool = await hardenedPgPool(url)
  return {
    signUp: (signUp) => retried(() => pool.signUp(signUp), retries),
    read: (account) => retried(() => pool.read(account), retries)
  }
}
