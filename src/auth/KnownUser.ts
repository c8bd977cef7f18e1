import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Effect, Redacted } from "effect"
import type { Email } from "./Email.ts"
import { PasswordHash } from "./Passwords.ts"
import { UserId } from "./User.ts"

/** Whose password is to be verified. */
export interface KnownUser {
  readonly id: UserId
  readonly email: string
  readonly passwordHash: PasswordHash
}

interface Row {
  readonly id: string
  readonly email: string
  readonly password_hash: string
}

const find = (sql: SqlClient, where: Fragment): Effect.Effect<KnownUser | undefined, SqlError> =>
  Effect.map(
    sql<Row>`select id, email, password_hash from users where ${where}`.withoutTransform,
    ([row]) =>
      row && {
        id: UserId.make(row.id),
        email: row.email,
        passwordHash: PasswordHash(Redacted.make(row.password_hash))
      }
  )

/** The user who has this address, if anyone has. */
export const findByEmail = (sql: SqlClient, email: Email) => find(sql, sql`email = ${email}`)

/** The user with this id, if there still is one. */
export const findById = (sql: SqlClient, id: UserId) => find(sql, sql`id = ${id}`)

/** The user whose sign-up came with the key that has this digest. */
export const findBySignUpKey = (sql: SqlClient, digest: Uint8Array) =>
  find(sql, sql`signup_key_digest = ${digest}`)

const verifiedBy = (sql: SqlClient, { id, passwordHash }: KnownUser): Fragment =>
  sql`id = ${id} and password_hash = ${Redacted.value(passwordHash)}`

/**
 * Selects the row of a user whose password was verified, and none when they were deleted or the
 * password changed since. The lock keeps both from happening until the statement is through.
 */
export const stillVerified = (sql: SqlClient, user: KnownUser): Fragment => sql`
  select * from users where ${verifiedBy(sql, user)}
  for share`

/**
 * The same for a statement that changes their row: of two that share its lock, each would wait for the
 * other to give it up.
 */
export const stillVerifiedAlone = (sql: SqlClient, user: KnownUser): Fragment => sql`
  select * from users where ${verifiedBy(sql, user)}
  for no key update`

/**
 * Selects the user for whom a letter is written, and none who is being deleted: whoever deletes them
 * waits until the letter is there, and deletes it, too.
 */
export const stillThere = (sql: SqlClient, where: Fragment): Fragment =>
  sql`select * from users where ${where} for key share`
