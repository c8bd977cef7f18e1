import { Effect, Redacted } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventEither, type NewEvent, newEvent } from "./Audit.ts"
import { TokenInvalid } from "./AuthError.ts"
import type { Email } from "./Email.ts"
import { evenTime } from "./EvenTime.ts"
import { stillThere } from "./KnownUser.ts"
import type { OneTimeToken } from "./OneTimeToken.ts"
import { type Presented, presented, used, verdict } from "./OneTimeTokens.ts"
import { posted } from "./Outbox.ts"
import type { Password } from "./Password.ts"
import { passwordChanged } from "./PasswordChange.ts"
import type { PasswordHash } from "./Passwords.ts"
import type { Requester } from "./Requester.ts"
import { from, resetToMailbox } from "./ThrottleLimits.ts"

/** A token from a letter, and the password that it is to set. */
export interface ResetPassword {
  readonly token: OneTimeToken
  readonly next: Password
}

/** Writes the event, and the letter to the stored address if there is a user who has it. */
const requestStatement = (
  { fragments, sql }: AccountMeans,
  email: Email,
  { event, letterId }: { readonly event: NewEvent; readonly letterId: string }
) => {
  const letter = sql`
    select 'reset-password', u.email, u.id, null, u.password_version from u join audit on true`
  const parts = [
    sql`u as (${stillThere(sql, sql`email = ${email}`)})`,
    audit(sql, event, eventEither(sql, "password-reset-requested")),
    ...fragments.letter("letter", letterId, letter)
  ]
  return sql`with ${sql.csv(parts)} select`
}

/**
 * Sets the password if the token is good: for the address that it was sent to, and the password that
 * there was. All sessions end by the new version of the password; their rows go, too.
 */
const resetStatement = (
  means: AccountMeans,
  token: Presented,
  hash: PasswordHash,
  letterId: string
) => {
  const { fragments, sql } = means
  const parts = [
    ...presented(sql, token, ["reset-password"]),
    sql`u as (
      update users
      set password_hash = ${Redacted.value(hash)}, updated_at = now(),
          password_version = users.password_version + 1,
          email_verified = coalesce(users.email_verified, now())
      from fresh
      where users.id = fresh.user_id and users.email = fresh.email
        and users.password_version = fresh.password_version
      returning users.*
    )`,
    used(sql, token),
    sql`ended as (delete from sessions x using u where x.user_id = u.id)`,
    audit(sql, token.event, eventEither(sql, "password-reset", "password-reset-refused")),
    ...passwordChanged(means, letterId),
    ...fragments.forgotten
  ]
  return sql`with ${sql.csv(parts)} ${verdict(sql, token)}`
}

/** See the methods of these names of `Accounts`. */
export const makePasswordReset = (means: AccountMeans) => {
  const { answered, outbox, passwords, policy, throttle } = means

  const requestPasswordReset = Effect.fn("Accounts.requestPasswordReset")(function* (
    email: Email,
    requester?: Requester
  ) {
    const untilEven = yield* evenTime
    yield* throttle.admit([...from("mailFrom", requester), resetToMailbox(email)])
    const made = { event: yield* newEvent(requester), letterId: yield* newId }
    const requested = answered(requestStatement(means, email, made))
    yield* posted(outbox, Effect.zipLeft(requested, untilEven))
  })

  const resetPassword = Effect.fn("Accounts.resetPassword")(function* (
    { next, token }: ResetPassword,
    requester?: Requester
  ) {
    yield* throttle.admit(from("redeemFrom", requester))
    yield* policy.check(next)
    const hash = yield* passwords.hash(next)
    const tried = { token, attempt: yield* newId, event: yield* newEvent(requester) }
    const statement = resetStatement(means, tried, hash, yield* newId)
    const rows = yield* posted(outbox, answered(statement))
    if (rows.length === 0) return yield* new TokenInvalid()
  })

  return { requestPasswordReset, resetPassword }
}
