import { SqlClient } from "@effect/sql"
import { Effect } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import type { OneTimeToken } from "../../src/auth/OneTimeToken.ts"
import type { User } from "../../src/auth/User.ts"
import { eventually } from "../support/Backends.ts"
import { credentials } from "./Credentials.ts"
import { Mailbox } from "./Mailbox.ts"

const { password } = credentials("anyone@example.com")

/** Asks for another address with the password that accounts here begin with. */
export const ask = (user: User, address: string) =>
  Effect.flatMap(Accounts, (accounts) =>
    accounts.requestEmailChange(user, { email: credentials(address).email, password })
  )

/** What comes of following a link: `done`, or why not. */
export const follow = (token: OneTimeToken) =>
  Effect.flatMap(Accounts, (accounts) =>
    Effect.match(accounts.proveEmail(token), {
      onSuccess: () => "done",
      onFailure: ({ _tag }) => _tag
    })
  )

/** The address that an account has. */
export const addressOf = ({ id }: User) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ email: string }>`select email from users where id = ${id}`
    return row?.email
  })

/** What an address was sent, once the outbox is empty. */
export const mailOf = (address: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* eventually(
      0,
      Effect.map(sql`select id from outbox`, (rows) => rows.length)
    )
    const { all } = yield* Mailbox
    return all.filter(({ recipient }) => recipient === address)
  })

/** The kinds of letters that an address was sent. */
export const lettersTo = (address: string) =>
  Effect.map(mailOf(address), (letters) => letters.map(({ _tag }) => _tag))
