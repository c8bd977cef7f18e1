import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Either } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { WrongPassword } from "../../src/auth/AuthError.ts"
import { cheapHash } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { isLive, kindsOf, sessionsOf } from "./Events.ts"
import { authWithMail, nextLetter } from "./Mailbox.ts"
import { requester } from "./Requesters.ts"

const password = (text: string) => credentials("any@example.com", text).password

const signUp = (name: string) =>
  Effect.flatMap(Accounts, (accounts) => accounts.signUp(credentials(`${name}@example.com`)))

const hashOf = (email: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ password_hash: string }>`
      select password_hash from users where email = ${email}`
    return row?.password_hash ?? ""
  })

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "changing a password",
  (it) => {
    it.effect("ends every session, begins another, and tells the user by mail", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const first = yield* signUp("changing")
        const second = yield* accounts.signIn(credentials("changing@example.com"))
        const changed = yield* accounts.changePassword(
          second.user,
          { current: password("TestPass123"), next: password("Another Pass") },
          requester()
        )
        expect(yield* isLive(first.sessionToken)).toBe(false)
        expect(yield* isLive(second.sessionToken)).toBe(false)
        expect(yield* isLive(changed.sessionToken)).toBe(true)
        expect(yield* sessionsOf(first.user.id)).toEqual([changed.session.id])
        yield* nextLetter("PasswordChanged", "changing@example.com")
        yield* accounts.signIn(credentials("changing@example.com", "Another Pass"))
        yield* Effect.flip(accounts.signIn(credentials("changing@example.com")))
        expect(yield* kindsOf(first.user.id)).toEqual([
          "sign-up",
          "sign-in",
          "password-changed",
          "sign-in",
          "sign-in-refused"
        ])
      })
    )

    it.effect(
      "is written down also where only the new one is refused: the present one was right",
      () =>
        Effect.gen(function* () {
          const accounts = yield* Accounts
          const { sessionToken, user } = yield* signUp("probing")
          const change = { current: password("TestPass123"), next: password("password") }
          const error = yield* Effect.flip(accounts.changePassword(user, change, requester()))
          expect(error._tag).toBe("PasswordRefused")
          expect(yield* kindsOf(user.id)).toEqual(["sign-up", "password-change-refused"])
          expect(yield* isLive(sessionToken)).toBe(true)
        })
    )

    it.effect("needs the current one; otherwise nothing happens but its record", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { sessionToken, user } = yield* signUp("guessing")
        const error = yield* Effect.flip(
          accounts.changePassword(user, {
            current: password("a wrong guess"),
            next: password("Another Pass")
          })
        )
        expect(error).toEqual(new WrongPassword())
        expect(yield* isLive(sessionToken)).toBe(true)
        yield* accounts.signIn(credentials("guessing@example.com"))
        expect(yield* kindsOf(user.id)).toContain("password-change-refused")
      })
    )
  }
)

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "a hash of an older cost",
  (it) => {
    const withOldHash = (name: string) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { user } = yield* signUp(name)
        yield* sql`update users set password_hash = ${cheapHash("TestPass123", 1)} where id = ${user.id}`
        return user
      })

    it.effect("is made anew at a sign-in, also by many at once, and all of them are let in", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { email } = yield* withOldHash("renewed")
        const answers = yield* Effect.all(
          Array.from({ length: 20 }, () => accounts.signIn(credentials(email))),
          { concurrency: "unbounded" }
        )
        for (const { sessionToken } of answers) expect(yield* isLive(sessionToken)).toBe(true)
        expect(yield* hashOf(email)).toMatch(/t=2,/)
        yield* accounts.signIn(credentials(email))
      })
    )

    it.effect("never comes back over a password that was changed meanwhile", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        for (const round of Array.from({ length: 20 }, (_, index) => index)) {
          const user = yield* withOldHash(`swapped-${round}`)
          const next = password("Another Pass")
          const signIns = Array.from({ length: 5 }, () =>
            Effect.either(accounts.signIn(credentials(user.email)))
          )
          const change = accounts.changePassword(user, { current: password("TestPass123"), next })
          const [changed, ...others] = yield* Effect.all([change, ...signIns], {
            concurrency: "unbounded"
          })
          yield* accounts.signIn({ email: user.email, password: next })
          yield* Effect.flip(accounts.signIn(credentials(user.email)))
          expect(yield* isLive(changed.sessionToken)).toBe(true)
          // Whoever was let in by the old password is out again.
          for (const other of others) {
            if (Either.isRight(other)) expect(yield* isLive(other.right.sessionToken)).toBe(false)
          }
        }
      })
    )
  }
)

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })("signing in", (it) => {
  it.effect("with the token of a session ends that session, whoever's it was", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const first = yield* signUp("again")
      const second = yield* accounts.signIn(credentials("again@example.com"), {
        replaces: first.sessionToken
      })
      expect(yield* isLive(first.sessionToken)).toBe(false)
      expect(yield* isLive(second.sessionToken)).toBe(true)
      const other = yield* accounts.signUp(credentials("other@example.com"))
      yield* accounts.signIn(credentials("again@example.com"), { replaces: other.sessionToken })
      expect(yield* isLive(other.sessionToken)).toBe(false)
    })
  )

  it.effect("in vain ends nothing", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const { sessionToken } = yield* signUp("vain")
      yield* Effect.flip(
        accounts.signIn(credentials("vain@example.com", "wrong pass"), { replaces: sessionToken })
      )
      expect(yield* isLive(sessionToken)).toBe(true)
    })
  )
})
