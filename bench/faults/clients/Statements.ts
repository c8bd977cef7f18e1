import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect } from "effect"
import { emailOf } from "../Client.ts"
import type { SignUp } from "../Request.ts"

/** The two statements of a sign-up, for every client of Effect. */
export const signUp = (sql: SqlClient, each: SignUp) =>
  Effect.gen(function* () {
    const { account, session } = each
    yield* sql`INSERT INTO accounts (id, email) VALUES (${account}, ${emailOf(each)})`
    yield* sql`INSERT INTO sessions (id, account_id) VALUES (${session}, ${account})`
  })

/** The accounts with that id. */
export const read = (sql: SqlClient, account: string) =>
  sql<{ readonly id: string }>`SELECT id FROM accounts WHERE id = ${account}`
