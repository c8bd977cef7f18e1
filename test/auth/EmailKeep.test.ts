import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Duration, Effect, Either, Layer, Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import type { User } from "../../src/auth/User.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { addressOf, ask, follow, lettersTo, mailOf } from "./AddressChange.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { isLive, kindsOf } from "./Events.ts"
import { authWithMail, deliver, Mailbox, nextLetter, nextToken } from "./Mailbox.ts"

const { password: usual } = credentials("anyone@example.com")
const { password: ofTheThief } = credentials("anyone@example.com", "of the thief")
const { password: fresh } = credentials("anyone@example.com", "a fresh start")

/** Someone whose address is proven. */
const proven = (address: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const signedIn = yield* accounts.signUp(credentials(address))
    yield* accounts.proveEmail(yield* nextToken("VerifyEmail", address))
    return signedIn
  })

const signIn = (address: string, password = usual) =>
  Effect.flatMap(Accounts, (accounts) =>
    Effect.match(accounts.signIn({ email: credentials(address).email, password }), {
      onSuccess: () => "done",
      onFailure: ({ _tag }) => _tag
    })
  )

/** The token of the last letter of a kind to an address. */
const lastToken = (tag: "ConfirmEmailChange" | "KeepEmail", address: string) =>
  Effect.map(mailOf(address), (letters) => {
    const letter = letters.findLast(({ _tag }) => _tag === tag)
    const text = letter !== undefined && "token" in letter ? Redacted.value(letter.token) : ""
    return Either.getOrThrow(OneTimeToken.parse(text))
  })

/** Asks for another address, and answers the tokens of both letters. */
const asked = (user: User, to: string) =>
  Effect.gen(function* () {
    yield* ask(user, to)
    return {
      keeping: yield* lastToken("KeepEmail", user.email),
      taking: yield* lastToken("ConfirmEmailChange", to)
    }
  })

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "the link by which the owner of an address keeps it",
  (it) => {
    it.effect("gives a stolen account back, whatever password the thief has set", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { sessionToken, user } = yield* proven("robbed@example.com")
        const { keeping, taking } = yield* asked(user, "thief@example.com")
        expect(yield* follow(taking)).toBe("done")
        const thief = yield* accounts.changePassword(user, { current: usual, next: ofTheThief })
        yield* accounts.requestPasswordReset(user.email)
        expect(yield* lettersTo(user.email)).not.toContain("PasswordReset")

        expect(yield* follow(keeping)).toBe("done")
        expect(yield* addressOf(user)).toBe(user.email)
        for (const token of [sessionToken, thief.sessionToken]) {
          expect(yield* isLive(token)).toBe(false)
        }
        for (const password of [usual, ofTheThief]) {
          expect(yield* signIn(user.email, password)).toBe("InvalidCredentials")
          expect(yield* signIn("thief@example.com", password)).toBe("InvalidCredentials")
        }
        yield* accounts.requestPasswordReset(user.email)
        const token = yield* nextToken("PasswordReset", user.email)
        yield* accounts.resetPassword({ token, next: fresh })
        expect(yield* signIn(user.email, fresh)).toBe("done")
        const kinds = yield* kindsOf(user.id)
        expect(kinds.filter((kind) => kind === "email-kept")).toHaveLength(1)
      })
    )

    it.effect("tells the address that loses the account by it, if that one was proven", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const moved = yield* proven("moved@example.com")
        const { keeping, taking } = yield* asked(moved.user, "new-home@example.com")
        expect(yield* follow(taking)).toBe("done")
        expect(yield* follow(keeping)).toBe("done")
        yield* nextLetter("EmailTakenBack", "new-home@example.com")
        const unproven = yield* proven("careful@example.com")
        const other = yield* asked(unproven.user, "typed-only@example.com")
        expect(yield* follow(other.taking)).toBe("done")
        yield* sql`update users set email_verified = null where id = ${unproven.user.id}`
        expect(yield* follow(other.keeping)).toBe("done")
        for (const address of ["typed-only@example.com", "careful@example.com"]) {
          expect(yield* lettersTo(address)).not.toContain("EmailTakenBack")
        }
      })
    )

    it.effect("cancels a change that is still under way, and is good once", () =>
      Effect.gen(function* () {
        const { user } = yield* proven("quick@example.com")
        const { keeping, taking } = yield* asked(user, "slow-thief@example.com")
        expect(yield* follow(keeping)).toBe("done")
        expect(yield* follow(taking)).toBe("TokenInvalid")
        expect(yield* follow(keeping)).toBe("TokenInvalid")
        expect(yield* addressOf(user)).toBe(user.email)
        for (const address of [user.email, "slow-thief@example.com"]) {
          expect(yield* lettersTo(address)).not.toContain("EmailTakenBack")
        }
      })
    )

    it.effect("is sent no more once one was used, also by letters that are late", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { user } = yield* proven("slow-post@example.com")
        const { keeping } = yield* asked(user, "post-thief@example.com")
        const unsent = sql`select from outbox where user_id = ${user.id}`
        yield* sql`
          insert into outbox (id, purpose, recipient, user_id, due)
          values (gen_random_uuid(), 'keep-email', ${user.email}, ${user.id},
                  now() + interval '1 hour')`
        expect(yield* unsent).toHaveLength(1)
        expect(yield* follow(keeping)).toBe("done")
        expect(yield* unsent).toEqual([])
      })
    )

    it.effect("ends those of the letters beside it: a second one undoes no new beginning", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* proven("twice@example.com")
        const { keeping } = yield* asked(user, "one-thief@example.com")
        yield* ask(user, "other-thief@example.com")
        yield* lettersTo(user.email)
        expect(yield* follow(keeping)).toBe("done")
        const sql = yield* SqlClient.SqlClient
        const good = sql`
          select from one_time_tokens
          where user_id = ${user.id} and purpose = 'keep-email' and used_by is null`
        expect(yield* good).toEqual([])
        yield* accounts.requestPasswordReset(user.email)
        const token = yield* nextToken("PasswordReset", user.email)
        yield* accounts.resetPassword({ token, next: fresh })
        expect(yield* signIn(user.email, fresh)).toBe("done")
      })
    )

    it.effect("is good for 72 hours", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const later = (interval: string) => sql`
          update one_time_tokens set expires = expires - ${interval}::interval
          where purpose = 'keep-email'`
        const early = yield* proven("early@example.com")
        const inTime = yield* asked(early.user, "early-thief@example.com")
        const tardy = yield* proven("tardy@example.com")
        const late = yield* asked(tardy.user, "tardy-thief@example.com")
        yield* later("71 hours 59 minutes")
        expect(yield* follow(inTime.keeping)).toBe("done")
        yield* later("1 minute")
        expect(yield* follow(late.keeping)).toBe("TokenInvalid")
      })
    )

    it.effect("is sent to no address that a thief has put in its place", () =>
      Effect.gen(function* () {
        const { user } = yield* proven("first@example.com")
        const { keeping, taking } = yield* asked(user, "second@example.com")
        expect(yield* follow(taking)).toBe("done")
        yield* ask(user, "third@example.com")
        yield* nextLetter("EmailChangeAsked", "second@example.com")
        expect(yield* lettersTo("second@example.com")).not.toContain("KeepEmail")
        expect(yield* follow(keeping)).toBe("done")
        expect(yield* addressOf(user)).toBe("first@example.com")
      })
    )

    it.effect("is not sent to an address that anybody may have typed", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* accounts.signUp(credentials("typed@example.com"))
        yield* ask(user, "elsewhere@example.com")
        yield* nextLetter("EmailChangeAsked", "typed@example.com")
        expect(yield* lettersTo("typed@example.com")).not.toContain("KeepEmail")
      })
    )

    it.effect("takes the address from who signed up with it meanwhile, and has not proven it", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* proven("contested@example.com")
        const { keeping, taking } = yield* asked(user, "mover@example.com")
        expect(yield* follow(taking)).toBe("done")
        const squatter = yield* accounts.signUp(credentials("contested@example.com"))
        expect(yield* follow(keeping)).toBe("done")
        expect(yield* addressOf(user)).toBe("contested@example.com")
        expect(yield* isLive(squatter.sessionToken)).toBe(false)
        expect(yield* addressOf(squatter.user)).toBeUndefined()
        expect(yield* kindsOf(squatter.user.id)).toEqual(["sign-up", "account-deleted"])
      })
    )

    it.effect("takes it from nobody who has proven it, and is not used up by that", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* proven("passed-on@example.com")
        const { keeping, taking } = yield* asked(user, "moved-on@example.com")
        expect(yield* follow(taking)).toBe("done")
        const heir = yield* proven("passed-on@example.com")
        expect(yield* follow(keeping)).toBe("EmailTaken")
        expect((yield* kindsOf(user.id)).at(-1)).toBe("email-proof-refused")
        expect(yield* addressOf(user)).toBe("moved-on@example.com")
        expect(yield* isLive(heir.sessionToken)).toBe(true)
        yield* accounts.deleteAccount(heir.user, usual)
        expect(yield* follow(keeping)).toBe("done")
        expect(yield* addressOf(user)).toBe("passed-on@example.com")
      })
    )
  }
)

const longProofs = Accounts.layer().pipe(
  Layer.provideMerge(
    Layer.mergeAll(Outbox.layer(deliver, { proofLifetime: "4 days" }), Throttle.off, cheapPasswords)
  ),
  Layer.provideMerge(Mailbox.layer),
  Layer.provideMerge(TestDatabase.layer)
)

layer(longProofs, { excludeTestServices: true, timeout: "1 minute" })(
  "where links that change an address are good for longer than a day",
  (it) => {
    it.effect("the one by which it is kept outlasts them by two days", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { user } = yield* proven("weekly@example.com")
        const { keeping, taking } = yield* asked(user, "biding-thief@example.com")
        const later = (interval: string) =>
          sql`update one_time_tokens set expires = expires - ${interval}::interval`
        yield* later("3 days 23 hours")
        expect(yield* follow(taking)).toBe("done")
        yield* later("2 days")
        const [, keepEmail] = yield* mailOf(user.email)
        expect(keepEmail).toMatchObject({ _tag: "KeepEmail", lifetime: Duration.days(6) })
        expect(yield* follow(keeping)).toBe("done")
        expect(yield* addressOf(user)).toBe(user.email)
      })
    )
  }
)
