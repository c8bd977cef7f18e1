import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer } from "effect"
import { PgClient } from "holdfast"
import {
  Accounts,
  type Credentials,
  type EmailTaken,
  Outbox,
  type PasswordRefused,
  Passwords,
  type RetryLater,
  type SignedIn,
  Throttle
} from "holdfast/auth"

// A service of your own whose users have a profile: both come to be in one transaction, or neither.

/** Your own table, beside those of schema.sql. */
export const profiles = `
  create table if not exists profiles (
    user_id uuid primary key references users (id) on delete cascade,
    display_name text not null
  )`

/** What is known of someone besides how they sign in. */
export interface Profile {
  readonly displayName: string
}

/** Everything that can go wrong, and nothing else. */
export type SignUpWithProfileError = EmailTaken | PasswordRefused | RetryLater | SqlError

/**
 * Signs someone up together with their profile.
 *
 * The password is hashed before the transaction begins. Both statements can be run again and find
 * their own rows, so the transaction is replayed also when the answer to its COMMIT was lost.
 */
export const signUpWithProfile = (
  credentials: Credentials,
  { displayName }: Profile
): Effect.Effect<SignedIn, SignUpWithProfileError, Accounts | PgClient.PgClient> =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const sql = yield* PgClient.PgClient
    const signUp = yield* accounts.prepareSignUp(credentials)
    const both = Effect.gen(function* () {
      const signedIn = yield* signUp
      yield* sql`
        insert into profiles (user_id, display_name) values (${signedIn.user.id}, ${displayName})
        on conflict (user_id) do nothing`
      return signedIn
    })
    return yield* sql
      .withTransaction(both)
      .pipe(PgClient.replay({ idempotent: true, deadline: "30 seconds" }))
  })

/** Accounts for it, over the client of holdfast's `PgClient.layer` or `layerConfig`. */
export const accounts = Accounts.layer().pipe(
  Layer.provide([Passwords.layer(), Throttle.layer(), Outbox.off])
)
