import { SqlClient } from "@effect/sql"
import type { SqlError } from "@effect/sql/SqlError"
import { expect, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, Either, Layer, Redacted, Schema } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { EmailTaken, InvalidCredentials } from "../../src/auth/AuthError.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Session } from "../../src/auth/Session.ts"
import { SessionExpiry } from "../../src/auth/SessionExpiry.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { User } from "../../src/auth/User.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { hashPrefix } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"

const auth = Layer.merge(accountsAlone, Sessions.layer()).pipe(
  Layer.provideMerge(Passwords.layer()),
  Layer.provideMerge(TestDatabase.layer)
)

const counts = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ users: number; sessions: number }>`
    select (select count(*)::int from users) as users,
           (select count(*)::int from sessions) as sessions`
  return row
})

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("accounts", (it) => {
  it.effect("a sign-up gives a user, and a session of a day that its token opens", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const sessions = yield* Sessions
      const { session, sessionToken, user } = yield* accounts.signUp(
        credentials("Test@Example.com")
      )
      expect(user).toMatchObject({ email: "test@example.com", emailVerified: null })
      expect(session.userId).toBe(user.id)
      expect(DateTime.distance(user.createdAt, session.expires)).toBe(
        Duration.toMillis(Duration.days(1))
      )
      expect(yield* sessions.validate(sessionToken)).toEqual({ user, session })
    })
  )

  it.effect("times are ISO 8601 in UTC with milliseconds", () =>
    Effect.gen(function* () {
      const { session, user } = yield* Effect.flatMap(Accounts, (accounts) =>
        accounts.signUp(credentials("times@example.com"))
      )
      const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
      const { createdAt, updatedAt } = yield* Schema.encode(User)(user)
      const { expires } = yield* Schema.encode(Session)(session)
      for (const time of [createdAt, updatedAt, expires]) expect(time).toMatch(iso)
      expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000)
    })
  )

  it.effect("a sign-up of a taken address, however it is spelled, changes nothing", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      yield* accounts.signUp(credentials("taken@example.com"))
      const before = yield* counts
      const error = yield* Effect.flip(
        accounts.signUp(credentials(" TAKEN@example.com ", "AnotherPass123"))
      )
      expect(error).toEqual(new EmailTaken())
      expect(yield* counts).toEqual(before)
      yield* accounts.signIn(credentials("taken@example.com"))
    })
  )

  it.effect("of fifty sign-ups of one address at once exactly one succeeds", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const before = yield* counts
      const answers = yield* Effect.all(
        Array.from({ length: 50 }, () =>
          Effect.either(accounts.signUp(credentials("race@example.com")))
        ),
        { concurrency: "unbounded" }
      )
      expect(answers.filter(Either.isRight)).toHaveLength(1)
      expect(
        answers.flatMap((answer) => (Either.isLeft(answer) ? [answer.left._tag] : []))
      ).toEqual(Array.from({ length: 49 }, () => "EmailTaken"))
      expect(yield* counts).toEqual({
        users: (before?.users ?? 0) + 1,
        sessions: (before?.sessions ?? 0) + 1
      })
    })
  )

  it.effect("signing in begins another session with a token of its own", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const sessions = yield* Sessions
      const first = yield* accounts.signUp(credentials("returning@example.com"))
      const second = yield* accounts.signIn(credentials("Returning@example.com"))
      expect(second.user).toEqual(first.user)
      expect(second.session.id).not.toBe(first.session.id)
      expect(Redacted.value(second.sessionToken)).not.toBe(Redacted.value(first.sessionToken))
      yield* sessions.validate(first.sessionToken)
      yield* sessions.validate(second.sessionToken)
    })
  )

  it.effect("a wrong password and an unknown address get the same answer, and no session", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      yield* accounts.signUp(credentials("known@example.com"))
      const before = yield* counts
      const wrong = yield* Effect.flip(
        accounts.signIn(credentials("known@example.com", "wrong pass"))
      )
      const unknown = yield* Effect.flip(accounts.signIn(credentials("unknown@example.com")))
      expect(wrong).toEqual(new InvalidCredentials())
      expect(unknown).toEqual(wrong)
      expect(yield* counts).toEqual(before)
    })
  )

  it.effect("neither the token nor the password is stored", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { sessionToken } = yield* Effect.flatMap(Accounts, (accounts) =>
        accounts.signUp(credentials("dump@example.com", "canary in the coal mine"))
      )
      const rows = yield* sql`
        select u::text || s::text || encode(s.token_digest, 'escape') as everything
        from users u join sessions s on s.user_id = u.id`
      const dump = JSON.stringify(rows)
      expect(dump).toContain("dump@example.com")
      expect(dump).not.toContain("canary")
      expect(dump).not.toContain(Redacted.value(sessionToken))
      const bytes = Buffer.from(Redacted.value(sessionToken), "base64url").toString("hex")
      expect(dump).not.toContain(bytes)
    })
  )
})

/** Accounts whose passwords take long enough to verify for something to happen meanwhile. */
const whileVerifying = (meanwhile: Effect.Effect<unknown, SqlError>) =>
  accountsAlone.pipe(
    Layer.provide(
      Layer.project(Passwords.layer(), Passwords, Passwords, ({ hash, verify }) => ({
        hash,
        verify: (password, stored) =>
          Effect.zipLeft(verify(password, stored), Effect.orDie(meanwhile))
      }))
    )
  )

layer(TestDatabase.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "a sign-in gets no session when, after its password was verified,",
  (it) => {
    it.effect.each([
      "delete from users",
      `update users set password_hash = '${hashPrefix()}AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'`
    ])("someone does: %s", (change) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const known = credentials(`${change.slice(0, 6)}d@example.com`)
        const error = yield* Effect.gen(function* () {
          const accounts = yield* Accounts
          yield* accounts.signUp(known)
          return yield* Effect.flip(accounts.signIn(known))
        }).pipe(Effect.provide(whileVerifying(sql.unsafe(change))))
        expect(error).toEqual(new InvalidCredentials())
      })
    )
  }
)

const briefly = accountsAlone.pipe(
  Layer.provide(SessionExpiry.layer({ idle: "90 minutes" })),
  Layer.provide(Passwords.layer()),
  Layer.provide(TestDatabase.layer)
)

layer(briefly, { excludeTestServices: true, timeout: "1 minute" })("accounts", (it) => {
  it.effect("the idle time of a session can be configured", () =>
    Effect.gen(function* () {
      const { session, user } = yield* Effect.flatMap(Accounts, (accounts) =>
        accounts.signUp(credentials("brief@example.com"))
      )
      expect(DateTime.distance(user.createdAt, session.expires)).toBe(90 * 60 * 1_000)
    })
  )
})
