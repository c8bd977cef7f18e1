import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Either } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { EmailTaken, TokenInvalid, WrongPassword } from "../../src/auth/AuthError.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Pruning } from "../../src/auth/Pruning.ts"
import { credentials } from "./Credentials.ts"
import { isLive, kindsOf, sessionsOf } from "./Events.ts"
import { authWithMail, nextLetter, nextToken } from "./Mailbox.ts"

const { email: anyone, password: usual } = credentials("anyone@example.com")
const { password: next } = credentials("anyone@example.com", "Another Pass")

const signUp = (address: string) =>
  Effect.flatMap(Accounts, (accounts) => accounts.signUp(credentials(address)))

const userAt = (address: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ id: string; email_verified: Date | null }>`
      select id, email_verified from users where email = ${address}`
    return row
  })

/** Lets so long have passed since tokens were made. */
const later = (interval: string) =>
  Effect.flatMap(
    SqlClient.SqlClient,
    (sql) => sql`update one_time_tokens set expires = expires - ${interval}::interval`
  )

/** How many of fifty attempts at once succeed; the others fail with `TokenInvalid`. */
const winners = <A, E, R>(attempt: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const answers = yield* Effect.all(
      Array.from({ length: 50 }, () => Effect.either(attempt)),
      { concurrency: "unbounded" }
    )
    for (const answer of answers) {
      if (Either.isLeft(answer)) expect(answer.left).toEqual(new TokenInvalid())
    }
    return answers.filter(Either.isRight).length
  })

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "the link that proves an address",
  (it) => {
    it.effect("comes with the sign-up and is good once", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("proof@example.com")
        const token = yield* nextToken("VerifyEmail", "proof@example.com")
        yield* accounts.proveEmail(token)
        expect((yield* userAt("proof@example.com"))?.email_verified).not.toBeNull()
        expect(yield* Effect.flip(accounts.proveEmail(token))).toEqual(new TokenInvalid())
        expect(yield* kindsOf(user.id)).toEqual(["sign-up", "email-proven"])
      })
    )

    it.effect("is used by exactly one of fifty at once", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* signUp("fifty@example.com")
        const token = yield* nextToken("VerifyEmail", "fifty@example.com")
        expect(yield* winners(accounts.proveEmail(token))).toBe(1)
      })
    )

    it.effect("is good for 24 hours", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* signUp("in-time@example.com")
        const inTime = yield* nextToken("VerifyEmail", "in-time@example.com")
        yield* signUp("late@example.com")
        const late = yield* nextToken("VerifyEmail", "late@example.com")
        yield* later("23 hours 59 minutes")
        yield* accounts.proveEmail(inTime)
        yield* later("1 minute")
        expect(yield* Effect.flip(accounts.proveEmail(late))).toEqual(new TokenInvalid())
        expect((yield* userAt("in-time@example.com"))?.email_verified).not.toBeNull()
        expect((yield* userAt("late@example.com"))?.email_verified).toBeNull()
      })
    )

    it.effect("is kept for a day after its end, and then until pruning: no letter deletes it", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const left = sql`select from one_time_tokens where email = 'over@example.com'`
        yield* signUp("over@example.com")
        yield* nextToken("VerifyEmail", "over@example.com")
        yield* later("2 days 1 minute")
        yield* signUp("after@example.com")
        yield* nextToken("VerifyEmail", "after@example.com")
        expect(yield* left).toHaveLength(1)
        yield* Effect.flatMap(Pruning, ({ prune }) => prune)
        expect(yield* left).toEqual([])
      }).pipe(Effect.provide(Pruning.layer()))
    )

    it.effect("can be asked for again, until the address is proven", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("again@example.com")
        yield* nextToken("VerifyEmail", "again@example.com")
        yield* accounts.requestEmailProof(user)
        yield* accounts.proveEmail(yield* nextToken("VerifyEmail", "again@example.com"))
        yield* accounts.requestEmailProof(user)
        const sql = yield* SqlClient.SqlClient
        expect(yield* sql`select id from outbox where user_id = ${user.id}`).toEqual([])
        expect(yield* kindsOf(user.id)).toEqual([
          "sign-up",
          "email-proof-requested",
          "email-proven"
        ])
      })
    )

    it.effect("is none of those that nobody was sent, nor one of another kind", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* signUp("kinds@example.com")
        const proof = yield* nextToken("VerifyEmail", "kinds@example.com")
        yield* accounts.requestPasswordReset(credentials("kinds@example.com").email)
        const reset = yield* nextToken("PasswordReset", "kinds@example.com")
        const invented = yield* OneTimeToken.generate
        expect(yield* Effect.flip(accounts.proveEmail(invented))).toEqual(new TokenInvalid())
        expect(yield* Effect.flip(accounts.proveEmail(reset))).toEqual(new TokenInvalid())
        expect(yield* Effect.flip(accounts.resetPassword({ token: proof, next }))).toEqual(
          new TokenInvalid()
        )
        yield* accounts.proveEmail(proof)
        yield* accounts.resetPassword({ token: reset, next })
      })
    )
  }
)

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "the link that resets a password",
  (it) => {
    const asked = (address: string) =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* accounts.requestPasswordReset(credentials(address).email)
        return yield* nextToken("PasswordReset", address)
      })

    it.effect("sets the new one, ends every session, proves the address, and begins nothing", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { sessionToken, user } = yield* signUp("reset@example.com")
        const token = yield* asked("reset@example.com")
        yield* accounts.resetPassword({ token, next })
        expect(yield* isLive(sessionToken)).toBe(false)
        expect(yield* sessionsOf(user.id)).toEqual([])
        expect((yield* userAt("reset@example.com"))?.email_verified).not.toBeNull()
        yield* nextLetter("PasswordChanged", "reset@example.com")
        yield* Effect.flip(accounts.signIn(credentials("reset@example.com")))
        yield* accounts.signIn({ email: user.email, password: next })
        expect(yield* Effect.flip(accounts.resetPassword({ token, next: usual }))).toEqual(
          new TokenInvalid()
        )
      })
    )

    it.effect("is used by exactly one of fifty at once", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* signUp("fifty-resets@example.com")
        const token = yield* asked("fifty-resets@example.com")
        expect(yield* winners(accounts.resetPassword({ token, next }))).toBe(1)
      })
    )

    it.effect(
      "is sent to nobody for an address that nobody has, and written down all the same",
      () =>
        Effect.gen(function* () {
          const accounts = yield* Accounts
          const sql = yield* SqlClient.SqlClient
          yield* accounts.requestPasswordReset(anyone)
          expect(yield* sql`select id from outbox where recipient = ${anyone}`).toEqual([])
          const events = yield* sql`
          select user_id from audit_events
          where kind = 'password-reset-requested' and user_id is null`
          expect(events).toHaveLength(1)
        })
    )

    it.effect("is good for an hour", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* signUp("within-the-hour@example.com")
        const inTime = yield* asked("within-the-hour@example.com")
        yield* signUp("hour@example.com")
        const late = yield* asked("hour@example.com")
        yield* later("59 minutes")
        yield* accounts.resetPassword({ token: inTime, next })
        yield* later("1 minute")
        expect(yield* Effect.flip(accounts.resetPassword({ token: late, next }))).toEqual(
          new TokenInvalid()
        )
      })
    )

    it.effect("is no good once another has been used, or the password was changed", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("several@example.com")
        const [one, two] = [yield* asked(user.email), yield* asked(user.email)]
        yield* accounts.resetPassword({ token: two, next })
        expect(yield* Effect.flip(accounts.resetPassword({ token: one, next }))).toEqual(
          new TokenInvalid()
        )
        const three = yield* asked(user.email)
        yield* accounts.changePassword(user, { current: next, next: usual })
        expect(yield* Effect.flip(accounts.resetPassword({ token: three, next }))).toEqual(
          new TokenInvalid()
        )
      })
    )

    it.effect("is no good once the account has another address", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("moved@example.com")
        const token = yield* asked("moved@example.com")
        const { email } = credentials("moved-away@example.com")
        yield* accounts.requestEmailChange(user, { email, password: usual })
        yield* accounts.proveEmail(yield* nextToken("ConfirmEmailChange", email))
        expect(yield* Effect.flip(accounts.resetPassword({ token, next }))).toEqual(
          new TokenInvalid()
        )
      })
    )
  }
)

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "the link that changes an address",
  (it) => {
    it.effect("goes to the new one, tells the old one, and changes nothing until it is used", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { sessionToken, user } = yield* signUp("old@example.com")
        const { email } = credentials("new@example.com")
        yield* accounts.requestEmailChange(user, { email, password: usual })
        const token = yield* nextToken("ConfirmEmailChange", "new@example.com")
        expect((yield* userAt("old@example.com"))?.id).toBe(user.id)
        yield* accounts.proveEmail(token)
        expect(yield* userAt("old@example.com")).toBeUndefined()
        const moved = yield* userAt("new@example.com")
        expect(moved?.id).toBe(user.id)
        expect(moved?.email_verified).not.toBeNull()
        expect(yield* isLive(sessionToken)).toBe(true)
        expect(yield* kindsOf(user.id)).toEqual([
          "sign-up",
          "email-change-requested",
          "email-changed"
        ])
      })
    )

    it.effect("warns the old address", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("warned@example.com")
        const { email } = credentials("wanted@example.com")
        yield* accounts.requestEmailChange(user, { email, password: usual })
        yield* nextLetter("EmailChangeAsked", "warned@example.com")
      })
    )

    it.effect("needs the password", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("guarded@example.com")
        const change = { email: anyone, password: next }
        expect(yield* Effect.flip(accounts.requestEmailChange(user, change))).toEqual(
          new WrongPassword()
        )
      })
    )

    it.effect("is not sent for an address that is taken: its owner is told instead", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("wants@example.com")
        yield* signUp("owner@example.com")
        const { email } = credentials("owner@example.com")
        yield* accounts.requestEmailChange(user, { email, password: usual })
        yield* nextLetter("AddressTaken", "owner@example.com")
      })
    )

    it.effect("is not used up when the address was taken meanwhile", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("patient@example.com")
        const { email } = credentials("contested@example.com")
        yield* accounts.requestEmailChange(user, { email, password: usual })
        const token = yield* nextToken("ConfirmEmailChange", email)
        const other = yield* signUp(email)
        expect(yield* Effect.flip(accounts.proveEmail(token))).toEqual(new EmailTaken())
        yield* accounts.deleteAccount(other.user, usual)
        yield* accounts.proveEmail(token)
        expect((yield* userAt(email))?.id).toBe(user.id)
      })
    )

    it.effect("is no good once the password was changed, by whoever notices the theft", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("robbed@example.com")
        const { email } = credentials("thief@example.com")
        yield* accounts.requestEmailChange(user, { email, password: usual })
        const token = yield* nextToken("ConfirmEmailChange", email)
        yield* accounts.changePassword(user, { current: usual, next })
        expect(yield* Effect.flip(accounts.proveEmail(token))).toEqual(new TokenInvalid())
      })
    )
  }
)

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "deleting an account",
  (it) => {
    it.effect("needs the password, and leaves nothing but its events", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { sessionToken, user } = yield* signUp("leaving@example.com")
        expect(yield* Effect.flip(accounts.deleteAccount(user, next))).toEqual(new WrongPassword())
        yield* accounts.requestPasswordReset(user.email)
        const token = yield* nextToken("PasswordReset", user.email)
        yield* accounts.deleteAccount(user, usual)
        expect(yield* isLive(sessionToken)).toBe(false)
        expect(yield* userAt(user.email)).toBeUndefined()
        expect(yield* Effect.flip(accounts.resetPassword({ token, next }))).toEqual(
          new TokenInvalid()
        )
        expect(yield* kindsOf(user.id)).toEqual([
          "sign-up",
          "account-deletion-refused",
          "password-reset-requested",
          "account-deleted"
        ])
        yield* signUp("leaving@example.com")
      })
    )
  }
)
