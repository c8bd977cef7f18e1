import postgres from "postgres"
import { emailOf, maxConnections, type Open } from "../Client.ts"

/**
 * Its transaction, and the lifetimes of the section "Connection timeout" of its README, for "a
 * database service that automatically closes connections after some time". It needs no listener:
 * "Errors are all thrown to related queries and never globally".
 */
export const postgresJs: Open = async (url) => {
  const sql = postgres(url, { max: maxConnections, idle_timeout: 20, max_lifetime: 60 * 30 })
  return {
    signUp: (signUp) => {
      const { account, session } = signUp
      return sql.begin(async (transaction) => {
        await transaction`INSERT INTO accounts (id, email) VALUES (${account}, ${emailOf(signUp)})`
        await transaction`INSERT INTO sessions (id, account_id) VALUES (${session}, ${account})`
      })
    },
    read: (account) => sql<Array<{ id: string }>>`SELECT id FROM accounts WHERE id = ${account}`
  }
}
