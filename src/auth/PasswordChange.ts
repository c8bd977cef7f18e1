import type { Fragment } from "@effect/sql/Statement"
import { Effect, Redacted } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import type { AccountMeans } from "./AccountMeans.ts"
import { eventAlone, eventOf, newEvent } from "./Audit.ts"
import type { KnownUser } from "./KnownUser.ts"
import { newSession } from "./NewSession.ts"
import { posted } from "./Outbox.ts"
import type { Password } from "./Password.ts"
import { reauthenticated } from "./PasswordVerification.ts"
import type { Requester } from "./Requester.ts"
import { signedIn } from "./SignedIn.ts"
import { from } from "./ThrottleLimits.ts"
import { unaskedLetter } from "./UnaskedLetter.ts"
import type { User } from "./User.ts"

/** The password that someone has, and the one that they want. */
export interface NewPassword {
  readonly current: Password
  readonly next: Password
}

/**
 * Sets the new hash, if the old one is still there. The new one has a salt of its own, so a row that
 * has it was changed by an earlier run of this very statement.
 */
const change = ({ sql }: AccountMeans, { id, passwordHash }: KnownUser, hash: string): Fragment => {
  const old = Redacted.value(passwordHash)
  return sql`
    update users
    set password_hash = ${hash}, updated_at = now(),
        password_version = password_version + (password_hash = ${old})::int
    where id = ${id} and password_hash in (${old}, ${hash})
    returning *`
}

/** The letter that tells the user `u` that their password was changed. */
export const passwordChanged = (means: AccountMeans, letterId: string) =>
  unaskedLetter(
    means,
    letterId,
    means.sql`select 'password-changed', u.email, null::uuid, null, null::integer from u join audit on true`
  )

/** See the method of this name of `Accounts`. */
export const makeChangePassword = (means: AccountMeans) =>
  Effect.fn("Accounts.changePassword")(function* (
    user: User,
    { current, next }: NewPassword,
    requester?: Requester
  ) {
    const { answered, beginSession, fragments, outbox, passwords, policy, sql } = means
    const session = yield* newSession(requester)
    const event = yield* newEvent(requester)
    const letterId = yield* newId
    // By the event's first run only: one that comes to pass late would end what has begun since.
    const others = sql`
      others as (
        delete from sessions x using audit
        where x.user_id = audit.user_id and x.id <> ${session.id}
      )`
    const rows = eventOf(sql, "password-changed")
    // The password that there is was right, which whoever has stolen a session may have wanted to know.
    const refused = answered(eventAlone(sql, event, "password-change-refused", user.id))
    const hashed = Effect.zipRight(
      Effect.tapErrorTag(policy.check(next), "PasswordRefused", () => refused),
      passwords.hash(next)
    )
    const begun = yield* reauthenticated(means, {
      user,
      password: current,
      requester,
      limits: from("signInFrom", requester),
      refusal: "password-change-refused",
      act: (known) =>
        Effect.flatMap(hashed, (hash) =>
          posted(
            outbox,
            answered(
              beginSession(change(means, known, Redacted.value(hash)), { session, event, rows }, [
                others,
                ...passwordChanged(means, letterId),
                ...fragments.forgotten
              ])
            )
          )
        )
    })
    return signedIn(begun, session)
  })
