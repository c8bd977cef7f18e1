import { Effect, Option } from "effect"
import type { AccountMeans } from "./AccountMeans.ts"
import { eventAlone, eventOf, type NewEvent } from "./Audit.ts"
import { EmailTaken, IdempotencyKeyReused } from "./AuthError.ts"
import type { Credentials } from "./Credentials.ts"
import { digest, type IdempotencyKey } from "./IdempotencyKey.ts"
import { findBySignUpKey, type KnownUser, stillVerified } from "./KnownUser.ts"
import { newSession } from "./NewSession.ts"
import { signedIn } from "./SignedIn.ts"
import { atAccount } from "./ThrottleLimits.ts"

/** A sign-up that came with a key and found its address or its key taken. */
export const makeRepeatedSignUp = (means: AccountMeans) => {
  const { answered, fragments, passwords, sql, throttle } = means

  /**
   * The user who signed up with this key, if it was with the same address and password. It is an
   * attempt at their password, and counts as one.
   */
  const earlier = ({ email, password }: Credentials, key: IdempotencyKey, event: NewEvent) =>
    Effect.gen(function* () {
      const user = yield* answered(findBySignUpKey(sql, digest(key)))
      if (user?.email === email) {
        const isSame = yield* throttle.trying(
          [atAccount(email)],
          passwords.verify(password, user.passwordHash)
        )
        if (isSame) return user
      }
      // At the account that the key belongs to.
      yield* answered(eventAlone(sql, event, "sign-up-refused", user?.id))
      return yield* user === undefined ? new EmailTaken() : new IdempotencyKeyReused()
    })

  /**
   * The first session's token is not to be had again, so they get a session of their own. The event is that
   * of the sign-up: with it, a run of that one that comes to pass late makes no account any more.
   */
  const anotherSession = (user: KnownUser, event: NewEvent) =>
    Effect.gen(function* () {
      const session = yield* newSession(event.requester)
      const begun = yield* answered(
        means.beginSession(
          stillVerified(sql, user),
          { session, event, rows: eventOf(sql, "sign-up-repeated") },
          fragments.forgotten
        )
      )
      if (Option.isNone(begun)) return yield* new EmailTaken()
      return signedIn(begun.value, session)
    })

  return { anotherSession, earlier }
}
