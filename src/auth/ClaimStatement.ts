import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import { CanonicalEmail } from "./Email.ts"
import { Letter } from "./Letter.ts"
import type { LetterPurpose } from "./LetterPurpose.ts"
import * as OneTimeToken from "./OneTimeToken.ts"

/** How long the links in letters are good, from the moment of delivery. */
export interface TokenLifetimes {
  /** To prove an address. */
  readonly proof: Duration.Duration
  /** To set a new password. */
  readonly reset: Duration.Duration
}

/**
 * How long the old address can be kept by its letter. Not a setting: it is the time in which the owner
 * of a stolen account may still get it back, and a weekend fits into it. Longer only where links that
 * change an address are good for longer than a day.
 */
const KEEP_LIFETIME = Duration.hours(72)

/** It must outlast the link that changes the address by so much: a thief would only wait for its end. */
const KEEP_BEYOND = Duration.hours(48)

const keepLifetime = ({ proof }: TokenLifetimes): Duration.Duration =>
  Duration.max(KEEP_LIFETIME, Duration.sum(proof, KEEP_BEYOND))

/** A letter that was taken from the outbox to be delivered. */
export interface ClaimedLetter {
  readonly id: string
  readonly claim: string
  readonly attempts: number
  readonly purpose: LetterPurpose
  readonly letter: Letter
}

/** What a look into the outbox found. */
export interface Look {
  /** The letter that is due, if there is one that nobody else is delivering. */
  readonly claimed: ClaimedLetter | undefined
  /** When the next of the others is due, if there is any. */
  readonly next: Duration.Duration | undefined
}

/** Longer than a delivery may take: whoever has not deleted the row by then has come to grief. */
export const LEASE = Duration.minutes(1)

interface Row {
  readonly id: string | null
  readonly purpose: LetterPurpose
  readonly recipient: string
  readonly attempts: number
  readonly next: number | null
}

const letterOf = (
  { purpose, recipient: email }: Row,
  token: OneTimeToken.OneTimeToken,
  lifetimes: TokenLifetimes
) => {
  const { proof, reset } = lifetimes
  const recipient = CanonicalEmail.make(email)
  switch (purpose) {
    case "verify-email":
      return Letter.VerifyEmail({ recipient, token, lifetime: proof })
    case "change-email":
      return Letter.ConfirmEmailChange({ recipient, token, lifetime: proof })
    case "email-change-asked":
      return Letter.EmailChangeAsked({ recipient })
    case "keep-email":
      return Letter.KeepEmail({ recipient, token, lifetime: keepLifetime(lifetimes) })
    case "email-changed":
      return Letter.EmailChanged({ recipient })
    case "email-taken-back":
      return Letter.EmailTakenBack({ recipient })
    case "reset-password":
      return Letter.PasswordReset({ recipient, token, lifetime: reset })
    case "password-changed":
      return Letter.PasswordChanged({ recipient })
    case "account-deleted":
      return Letter.AccountDeleted({ recipient })
    case "sign-up":
      return Letter.ConfirmSignUp({ recipient, token, lifetime: proof })
    case "already-signed-up":
      return Letter.AlreadySignedUp({ recipient })
    case "address-taken":
      return Letter.AddressTaken({ recipient })
  }
}

/**
 * Takes the letter that has been due longest, and writes down the digest of the token that it gets.
 *
 * Two instances never take the same one (SKIP LOCKED) until the lease of whoever took it is over.
 * Running the statement again finds the letter that it took; at the same time as itself, the second
 * run violates the key of the token and takes none. Only a run that comes to pass after the letter is
 * gone may take another, which then waits for the end of its lease.
 */
export const claim = (
  sql: SqlClient,
  lifetimes: TokenLifetimes
): Effect.Effect<Effect.Effect<Look, SqlError>> =>
  Effect.map(Effect.all([newId, OneTimeToken.generate]), ([id, token]) =>
    Effect.map(
      sql<Row>`
      with mine as (select * from outbox where claim = ${id}::uuid),
      due as (
        select id from outbox where due <= now() and not exists (select from mine)
        order by due limit 1 for update skip locked
      ),
      claimed as (
        update outbox o
        set claim = ${id}::uuid, attempts = attempts + 1,
            due = now() + make_interval(secs => ${Duration.toSeconds(LEASE)})
        from due where o.id = due.id returning o.*
      ),
      token as (
        insert into one_time_tokens
          (token_digest, purpose, user_id, email, password_hash, password_version, mail_id, expires)
        select ${OneTimeToken.digest(token)}::bytea, purpose, user_id, recipient, password_hash,
               password_version, id, now() + make_interval(secs =>
                 case purpose when 'reset-password' then ${Duration.toSeconds(lifetimes.reset)}::float8
                 when 'keep-email' then ${Duration.toSeconds(keepLifetime(lifetimes))}::float8
                 else ${Duration.toSeconds(lifetimes.proof)}::float8 end)
        from claimed
        where purpose in
          ('verify-email', 'change-email', 'keep-email', 'reset-password', 'sign-up')
      ),
      found as (select * from claimed union all select * from mine)
      select f.id, f.purpose, f.recipient, f.attempts,
             (select extract(epoch from min(due) - now())::float8 from outbox) as next
      from (values (1)) one left join found f on true`.withoutTransform,
      ([row]) => lookOf(row, id, (taken) => letterOf(taken, token, lifetimes))
    )
  )

const lookOf = (row: Row | undefined, claimId: string, letter: (taken: Row) => Letter): Look => {
  const next = row?.next ?? undefined
  return {
    claimed: row?.id
      ? {
          id: row.id,
          claim: claimId,
          attempts: row.attempts,
          purpose: row.purpose,
          letter: letter(row)
        }
      : undefined,
    next: next === undefined ? undefined : Duration.seconds(Math.max(next, 0))
  }
}
