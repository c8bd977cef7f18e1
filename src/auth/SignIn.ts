import type { Fragment } from "@effect/sql/Statement"
import { Effect, Option, Redacted } from "effect"
import type { AccountMeans } from "./AccountMeans.ts"
import { eventAlone, type NewEvent, newEvent } from "./Audit.ts"
import { InvalidCredentials } from "./AuthError.ts"
import type { Credentials } from "./Credentials.ts"
import { evenTime } from "./EvenTime.ts"
import { findByEmail, type KnownUser, stillVerified } from "./KnownUser.ts"
import { type NewSession, newSession } from "./NewSession.ts"
import type { Password } from "./Password.ts"
import { isOutdated } from "./Passwords.ts"
import { whileItChanges } from "./PasswordVerification.ts"
import type { Requester } from "./Requester.ts"
import * as SessionToken from "./SessionToken.ts"
import { signedIn } from "./SignedIn.ts"
import { atAccount, from } from "./ThrottleLimits.ts"

/** What may come with a sign-in. */
export interface SignInOptions {
  readonly requester?: Requester | undefined
  /** The token of a session that the client has, which the new one takes the place of. */
  readonly replaces?: SessionToken.SessionToken | undefined
}

/** All of a sign-in that is made before the database hears of it. */
interface NewSignIn {
  readonly session: NewSession
  readonly event: NewEvent
  readonly replaces: SessionToken.SessionToken | undefined
}

/**
 * The row of the user, with a hash of today's cost instead of an older one. By compare-and-swap: a
 * password that was changed since it was verified stays changed, and there is no row.
 */
const rehashed = ({ sql }: AccountMeans, user: KnownUser, hash: string): Fragment => sql`
  update users set password_hash = ${hash}
  where id = ${user.id} and password_hash in (${Redacted.value(user.passwordHash)}, ${hash})
  returning *`

/** One statement: the session, the event, the old session's end, the account's attempts forgotten. */
const signInStatement = (
  means: AccountMeans,
  user: Fragment,
  { event, replaces, session }: NewSignIn
) => {
  const { fragments, sql } = means
  const replaced =
    replaces === undefined
      ? []
      : [
          sql`replaced as (
            delete from sessions x using u where x.token_digest = ${SessionToken.digest(replaces)})`
        ]
  const rows = sql`
    select 'sign-in' as kind, s.user_id, s.id as session_id from s`
  return means.beginSession(user, { session, event, rows }, [...replaced, ...fragments.forgotten])
}

/** See the method of this name of `Accounts`. */
export const makeSignIn = (means: AccountMeans) => {
  const { answered, passwords, sql, throttle } = means

  const upToDate = (user: KnownUser, password: Password) =>
    isOutdated(user.passwordHash)
      ? passwords.hash(password).pipe(
          Effect.map((hash) => rehashed(means, user, Redacted.value(hash))),
          // Not today, then: whoever knows their password is let in all the same.
          Effect.catchTag("HashingOverloaded", () => Effect.succeed(stillVerified(sql, user)))
        )
      : Effect.succeed(stillVerified(sql, user))

  return Effect.fn("Accounts.signIn")(function* (
    { email, password }: Credentials,
    { replaces, requester }: SignInOptions = {}
  ) {
    const untilEven = yield* evenTime
    const attempt = {
      session: yield* newSession(requester),
      event: yield* newEvent(requester),
      replaces
    }
    const outcome = yield* throttle.trying(
      [...from("signInFrom", requester), atAccount(email)],
      whileItChanges(means, {
        find: findByEmail(sql, email),
        password,
        act: (user) =>
          Effect.flatMap(upToDate(user, password), (row) =>
            answered(signInStatement(means, row, attempt))
          )
      })
    )
    if (Option.isSome(outcome.done)) return signedIn(outcome.done.value, attempt.session)
    yield* answered(eventAlone(sql, attempt.event, "sign-in-refused", outcome.user?.id))
    yield* untilEven
    return yield* new InvalidCredentials()
  })
}
