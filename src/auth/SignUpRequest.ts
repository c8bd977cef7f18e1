import { Effect, Redacted } from "effect"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventEither, type NewEvent, newEvent } from "./Audit.ts"
import type { Credentials } from "./Credentials.ts"
import type { Email } from "./Email.ts"
import { evenTime } from "./EvenTime.ts"
import { type IdempotencyKey, idFrom } from "./IdempotencyKey.ts"
import { stillThere } from "./KnownUser.ts"
import { posted } from "./Outbox.ts"
import type { PasswordHash } from "./Passwords.ts"
import { newId } from "./SecureRandom.ts"
import type { SignUpOptions } from "./SignUp.ts"
import { from, toMailbox } from "./ThrottleLimits.ts"

interface NewRequest {
  readonly email: Email
  readonly passwordHash: PasswordHash
  readonly event: NewEvent
  readonly letterId: string
}

/** From the key and the address, if there is a key: sent again, the request has its event already. */
const idOf = (key: IdempotencyKey | undefined, purpose: string, email: Email) =>
  key === undefined ? newId : Effect.succeed(idFrom(key, `${purpose}:${email}`))

/** The event and a letter, whose purpose is all that tells whether the address has a user. */
const requestStatement = (
  { outbox, sql }: AccountMeans,
  { email, event, letterId, passwordHash }: NewRequest
) => {
  const letter = sql`
    select case when u.id is null then 'sign-up' else 'already-signed-up' end, ${email}::text, null::uuid,
           case when u.id is null then ${Redacted.value(passwordHash)}::text end, null::integer
    from audit left join u on true`
  const parts = [
    sql`u as (${stillThere(sql, sql`email = ${email}`)})`,
    audit(sql, event, eventEither(sql, "sign-up-requested", "sign-up-requested")),
    ...outbox.letter("letter", letterId, letter)
  ]
  return sql`with ${sql.csv(parts)} select`
}

/** See the method of this name of `Accounts`. */
export const makeRequestSignUp = (means: AccountMeans) =>
  Effect.fn("Accounts.requestSignUp")(function* (
    { email, password }: Credentials,
    { idempotencyKey, requester }: SignUpOptions = {}
  ) {
    const { answered, outbox, passwords, policy, throttle } = means
    const untilEven = yield* evenTime
    yield* policy.check(password)
    yield* throttle.admit([...from("signUpFrom", requester), toMailbox(email)])
    const request = {
      email,
      passwordHash: yield* passwords.hash(password),
      event: { ...(yield* newEvent(requester)), id: yield* idOf(idempotencyKey, "event", email) },
      letterId: yield* idOf(idempotencyKey, "letter", email)
    }
    const requested = answered(requestStatement(means, request))
    yield* posted(outbox, Effect.zipLeft(requested, untilEven))
  })
