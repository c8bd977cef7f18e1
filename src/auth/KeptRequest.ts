import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect, Redacted } from "effect"
import type { AccountMeans } from "./AccountMeans.ts"
import { IdempotencyKeyReused } from "./AuthError.ts"
import type { Credentials } from "./Credentials.ts"
import type { Email } from "./Email.ts"
import { digest, type IdempotencyKey } from "./IdempotencyKey.ts"
import { PasswordHash } from "./Passwords.ts"
import { atKey } from "./ThrottleLimits.ts"

/** A sign-up that came with a key and waits for its letter. */
export interface KeptRequest {
  readonly key: IdempotencyKey
  readonly email: Email
  readonly passwordHash: PasswordHash
  readonly letterId: string
}

/**
 * The part `kept` of a statement: has a row when the key is new, or its letter is no longer good, or
 * this very request came before and its answer was lost.
 *
 * Owns the table `sign_up_requests`, which knows nothing of who has an account.
 */
export const kept = (
  sql: SqlClient,
  { email, key, letterId, passwordHash }: KeptRequest,
  lifetime: Duration.Duration
): Fragment => sql`
  kept as (
    insert into sign_up_requests as r (key_digest, email, password_hash, letter_id, expires)
    values (${digest(key)}, ${email}, ${Redacted.value(passwordHash)}, ${letterId},
            now() + make_interval(secs => ${Duration.toSeconds(lifetime)}))
    on conflict (key_digest) do update
      set email = excluded.email, password_hash = excluded.password_hash,
          letter_id = excluded.letter_id, expires = excluded.expires
      where r.expires <= now() or r.letter_id = excluded.letter_id
    returning r.letter_id
  )`

interface Row {
  readonly email: string
  readonly password_hash: string
}

/** Whether a sign-up came with this key whose letter is still good: another letter is not sent. */
export const isKept = ({ answered, sql }: AccountMeans, key: IdempotencyKey) =>
  Effect.map(
    answered(sql`
      select from sign_up_requests where key_digest = ${digest(key)} and expires > now()`),
    ({ length }) => length > 0
  )

/** The password is the same: no guess, and not to be counted as one. */
const isNoGuess = { _tag: "isNoGuess" } as const

/**
 * Fails unless the sign-up that was kept with this key had the same address and password. Another password is
 * an attempt at that of the account to be, and so many are let pass as at an account.
 */
export const sameAsKept = (
  { answered, passwords, sql, throttle }: AccountMeans,
  { email, password }: Credentials,
  key: IdempotencyKey
) =>
  Effect.gen(function* () {
    const [row] = yield* answered(
      sql<Row>`
        select email, password_hash from sign_up_requests
        where key_digest = ${digest(key)}`.withoutTransform
    )
    if (row?.email !== email) return yield* new IdempotencyKeyReused()
    const hash = PasswordHash(Redacted.make(row.password_hash))
    const guess = Effect.flatMap(passwords.verify(password, hash), (isSame) =>
      isSame ? Effect.fail(isNoGuess) : Effect.void
    )
    const isGuess = throttle.trying([atKey(key)], guess).pipe(
      Effect.as(true),
      Effect.catchTag("isNoGuess", () => Effect.succeed(false))
    )
    if (yield* isGuess) return yield* new IdempotencyKeyReused()
  })
