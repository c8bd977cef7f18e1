import { Effect, Redacted } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { audit, eventAlone, type NewEvent, newEvent } from "./Audit.ts"
import type { Credentials } from "./Credentials.ts"
import type { Email } from "./Email.ts"
import { evenTime } from "./EvenTime.ts"
import type { IdempotencyKey } from "./IdempotencyKey.ts"
import { isKept, kept, sameAsKept } from "./KeptRequest.ts"
import { stillThere } from "./KnownUser.ts"
import { posted } from "./Outbox.ts"
import type { PasswordHash } from "./Passwords.ts"
import type { SignUpOptions } from "./SignUp.ts"
import { from, toMailbox } from "./ThrottleLimits.ts"

interface NewRequest {
  readonly key: IdempotencyKey | undefined
  readonly email: Email
  readonly passwordHash: PasswordHash
  readonly event: NewEvent
  readonly letterId: string
}

/**
 * The event and a letter, whose purpose is all that tells whether the address has a user. None of it,
 * and no row, when the key came with an earlier request.
 */
const requestStatement = (
  { fragments, outbox, sql }: AccountMeans,
  { email, event, key, letterId, passwordHash }: NewRequest
) => {
  const rows = sql`
    select 'sign-up-requested' as kind, u.id as user_id, null::uuid as session_id
    from kept left join u on true`
  const letter = sql`
    select case when u.id is null then 'sign-up' else 'already-signed-up' end, ${email}::text,
           null::uuid, case when u.id is null then ${Redacted.value(passwordHash)}::text end, null::integer
    from audit left join u on true`
  const parts = [
    key === undefined
      ? sql`kept as (select ${letterId}::uuid)`
      : kept(sql, { key, email, passwordHash, letterId }, outbox.proofLifetime),
    sql`u as (${stillThere(sql, sql`email = ${email}`)})`,
    audit(sql, event, rows),
    ...fragments.letter("letter", letterId, letter)
  ]
  return sql`with ${sql.csv(parts)} select from kept`
}

/** See the method of this name of `Accounts`. */
export const makeRequestSignUp = (means: AccountMeans) =>
  Effect.fn("Accounts.requestSignUp")(function* (
    { email, password }: Credentials,
    { idempotencyKey, requester }: SignUpOptions = {}
  ) {
    const { answered, outbox, passwords, policy, sql, throttle } = means
    const untilEven = yield* evenTime
    yield* throttle.admit(from("signUpFrom", requester))
    yield* policy.check(password)
    const passwordHash = yield* passwords.hash(password)
    // Only now, and not for a repeat: what sends no letter is not held against the mailbox.
    const isRepeated = idempotencyKey !== undefined && (yield* isKept(means, idempotencyKey))
    yield* throttle.admit(isRepeated ? [] : [toMailbox(email)])
    const request = {
      email,
      passwordHash,
      key: idempotencyKey,
      event: yield* newEvent(requester),
      letterId: yield* newId
    }
    const isNew = Effect.map(answered(requestStatement(means, request)), ({ length }) => length > 0)
    const requested = Effect.gen(function* () {
      if ((yield* isNew) || idempotencyKey === undefined) return
      // Whose account it would have been is not known: the address may have another.
      const refused = answered(eventAlone(sql, request.event, "sign-up-refused", undefined))
      yield* Effect.tapErrorTag(
        sameAsKept(means, { email, password }, idempotencyKey),
        "IdempotencyKeyReused",
        () => refused
      )
    })
    const inEvenTime = Effect.zipLeft(
      Effect.tapError(requested, () => untilEven),
      untilEven
    )
    yield* posted(outbox, inEvenTime)
  })
