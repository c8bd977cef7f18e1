import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Effect, Option, Redacted } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { type NewEvent, newEvent, unlessGone } from "./Audit.ts"
import { EmailTaken } from "./AuthError.ts"
import type { Credentials } from "./Credentials.ts"
import type { Email } from "./Email.ts"
import { digest, type IdempotencyKey } from "./IdempotencyKey.ts"
import { type NewSession, newSession } from "./NewSession.ts"
import { posted } from "./Outbox.ts"
import type { PasswordHash } from "./Passwords.ts"
import { makeRepeatedSignUp } from "./RepeatedSignUp.ts"
import type { Requester } from "./Requester.ts"
import { signedIn } from "./SignedIn.ts"
import { from } from "./ThrottleLimits.ts"
import { unaskedLetter } from "./UnaskedLetter.ts"
import { isSignUpKeyTaken } from "./UniqueKeys.ts"
import { UserId } from "./User.ts"
import type { UserSession } from "./UserSession.ts"

/** What may come with a sign-up. */
export interface SignUpOptions {
  readonly requester?: Requester | undefined
  /** Sent again with the same key, a sign-up gives the same user and a further session. */
  readonly idempotencyKey?: IdempotencyKey | undefined
}

/** All of a sign-up that is made before the database hears of it. */
interface NewSignUp {
  readonly id: UserId
  readonly email: Email
  readonly passwordHash: PasswordHash
  readonly keyDigest: Uint8Array | null
  readonly session: NewSession
  readonly event: NewEvent
  readonly letterId: string
}

const newSignUp = (
  { passwords, policy }: AccountMeans,
  { email, password }: Credentials,
  { idempotencyKey, requester }: SignUpOptions
) =>
  Effect.gen(function* () {
    yield* policy.check(password)
    return {
      email,
      passwordHash: yield* passwords.hash(password),
      id: UserId.make(yield* newId),
      keyDigest: idempotencyKey === undefined ? null : digest(idempotencyKey),
      session: yield* newSession(requester),
      event: yield* newEvent(requester),
      letterId: yield* newId
    } satisfies NewSignUp
  })

/**
 * Has no row when the address belongs to someone else.
 *
 * It may run any number of times, also while an earlier run of it is still under way. DO NOTHING and
 * a second look would then see neither run's row; DO UPDATE waits for the other run and returns the
 * row if it is this sign-up's own. A late run makes no account that was deleted since.
 */
const insertUser = ({ sql }: AccountMeans, signUp: NewSignUp): Fragment => sql`
  insert into users as t (id, email, password_hash, signup_key_digest)
  select ${signUp.id}::uuid, ${signUp.email}::text, ${Redacted.value(signUp.passwordHash)}::text,
         ${signUp.keyDigest}::bytea
  where ${unlessGone(sql, signUp.event, sql`select from users where id = ${signUp.id}::uuid`)}
  on conflict (email) do update set email = excluded.email where t.id = excluded.id
  returning t.*`

/**
 * The whole sign-up in one statement: user, session, event and letter, or only the event; and not
 * that, either, when there is a key: whether it is a refusal is still to be seen.
 */
const signUpStatement = (
  means: AccountMeans,
  signUp: NewSignUp
): Effect.Effect<Option.Option<UserSession>, SqlError> => {
  const { sql } = means
  const rows = sql`
    select case when u.id is null then 'sign-up-refused' else 'sign-up' end as kind,
           u.id as user_id, s.id as session_id
    from (values (1)) one left join u on true left join s on true
    where u.id is not null or ${signUp.keyDigest === null}`
  const letter = sql`
    select 'verify-email', u.email, u.id, null, u.password_version from u join audit on true`
  const { event, session } = signUp
  return means.beginSession(insertUser(means, signUp), { session, event, rows }, [
    ...unaskedLetter(means, signUp.letterId, letter)
  ])
}

/** See the methods of these names of `Accounts`. */
export const makeSignUp = (means: AccountMeans) => {
  const { answered, outbox, throttle } = means
  const { anotherSession, earlier } = makeRepeatedSignUp(means)

  const prepared = (attempt: NewSignUp) =>
    signUpStatement(means, attempt).pipe(
      Effect.flatMap(
        Option.match({
          onNone: () => new EmailTaken(),
          onSome: (begun) => Effect.succeed(signedIn(begun, attempt.session))
        })
      ),
      Effect.zipLeft(outbox.wakeSoon)
    )

  const prepareSignUp = Effect.fn("Accounts.prepareSignUp")(
    (credentials: Credentials, { requester }: Pick<SignUpOptions, "requester"> = {}) =>
      throttle
        .admit(from("signUpFrom", requester))
        .pipe(Effect.zipRight(newSignUp(means, credentials, { requester })), Effect.map(prepared))
  )

  const signUp = Effect.fn("Accounts.signUp")(function* (
    credentials: Credentials,
    options: SignUpOptions = {}
  ) {
    yield* throttle.admit(from("signUpFrom", options.requester))
    const attempt = yield* newSignUp(means, credentials, options)
    const statement = posted(
      outbox,
      answered(
        Effect.catchIf(signUpStatement(means, attempt), isSignUpKeyTaken, () => Effect.succeedNone)
      )
    )
    let begun = yield* statement
    const { idempotencyKey } = options
    if (Option.isNone(begun) && idempotencyKey !== undefined) {
      const owner = yield* earlier(credentials, idempotencyKey, attempt.event)
      if (owner.id !== attempt.id) return yield* anotherSession(owner, attempt.event)
      // An earlier run of this very statement, which came first with the key.
      begun = yield* statement
    }
    if (Option.isNone(begun)) return yield* new EmailTaken()
    return signedIn(begun.value, attempt.session)
  })

  return { prepareSignUp, signUp }
}
