import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { expectTypeOf } from "vitest"
import { Accounts } from "../../src/auth/Accounts.ts"
import { type DatabaseUnavailable, SessionInvalid } from "../../src/auth/AuthError.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { credentials } from "./Credentials.ts"

const auth = Layer.merge(accountsAlone, Sessions.layer()).pipe(
  Layer.provide(Passwords.layer()),
  Layer.provideMerge(TestDatabase.layer)
)

const signedUp = (name: string) =>
  Effect.flatMap(Accounts, (accounts) => accounts.signUp(credentials(`${name}@example.com`)))

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("a session", (it) => {
  it.effect("is not found by a token that was never given out", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const token = yield* SessionToken.generate
      expect(yield* Effect.flip(sessions.validate(token))).toEqual(new SessionInvalid())
    })
  )

  it.effect("ends with its revocation, and no other session with it", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const one = yield* signedUp("one")
      const other = yield* signedUp("other")
      yield* sessions.revoke(one.sessionToken)
      expect(yield* Effect.flip(sessions.validate(one.sessionToken))).toEqual(new SessionInvalid())
      yield* sessions.validate(other.sessionToken)
      yield* sessions.revoke(one.sessionToken)
    })
  )

  it.effect("ends at the moment it expires, by the database's clock", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const sql = yield* SqlClient.SqlClient
      const { session, sessionToken } = yield* signedUp("expiring")
      yield* sql`update sessions set expires = now() + interval '1 minute' where id = ${session.id}`
      yield* sessions.validate(sessionToken)
      yield* sql`update sessions set expires = now() where id = ${session.id}`
      expect(yield* Effect.flip(sessions.validate(sessionToken))).toEqual(new SessionInvalid())
    })
  )

  it.effect("ends with its user", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const sql = yield* SqlClient.SqlClient
      const { sessionToken, user } = yield* signedUp("leaving")
      yield* sql`delete from users where id = ${user.id}`
      expect(yield* Effect.flip(sessions.validate(sessionToken))).toEqual(new SessionInvalid())
    })
  )
})

// For the compiler: "no session" and "no database" are told apart, and only a look-up says the first.
type ErrorOf<F extends (...args: Array<never>) => Effect.Effect<unknown, unknown>> =
  Effect.Effect.Error<ReturnType<F>>
type Methods = typeof Sessions.Service

expectTypeOf<ErrorOf<Methods["validate"]>>().toEqualTypeOf<SessionInvalid | DatabaseUnavailable>()
expectTypeOf<
  ErrorOf<Methods["list" | "revoke" | "revokeById" | "revokeOthers"]>
>().toEqualTypeOf<DatabaseUnavailable>()
