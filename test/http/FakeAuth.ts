import { DateTime, Effect, Layer, Redacted } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { EmailTaken, InvalidCredentials, SessionInvalid } from "../../src/auth/AuthError.ts"
import type { Email } from "../../src/auth/Email.ts"
import { Session, SessionId } from "../../src/auth/Session.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { User, UserId } from "../../src/auth/User.ts"
import type { UserSession } from "../../src/auth/UserSession.ts"

/** A user who has just signed up. */
const newUser = (email: Email): Effect.Effect<User> =>
  Effect.map(DateTime.now, (now) => {
    const id = UserId.make(crypto.randomUUID())
    return new User({ id, email, emailVerified: null, createdAt: now, updatedAt: now })
  })

/** A session of theirs that has just begun, and its token. */
const newSession = (user: User) =>
  Effect.map(Effect.all([DateTime.now, SessionToken.generate]), ([now, sessionToken]) => {
    const id = SessionId.make(crypto.randomUUID())
    const session = new Session({ id, userId: user.id, expires: DateTime.add(now, { days: 1 }) })
    return { user, session, sessionToken }
  })

/** Accounts and sessions in memory, with the contract of the real ones and none of their care. */
export const fakeAuth: Layer.Layer<Accounts | Sessions> = Layer.suspend(() => {
  const accounts = new Map<string, { readonly user: User; readonly password: string }>()
  const live = new Map<string, UserSession>()

  const begin = (user: User) =>
    Effect.tap(newSession(user), ({ session, sessionToken }) => {
      live.set(Redacted.value(sessionToken), { user, session })
    })

  const signUp: Accounts["Type"]["signUp"] = ({ email, password }) =>
    Effect.gen(function* () {
      if (accounts.has(email)) return yield* new EmailTaken()
      const user = yield* newUser(email)
      accounts.set(email, { user, password: Redacted.value(password) })
      return yield* begin(user)
    })

  const signIn: Accounts["Type"]["signIn"] = ({ email, password }) => {
    const account = accounts.get(email)
    return account?.password === Redacted.value(password)
      ? begin(account.user)
      : new InvalidCredentials()
  }

  const validate: Sessions["Type"]["validate"] = (token) => {
    const found = live.get(Redacted.value(token))
    return found === undefined ? new SessionInvalid() : Effect.succeed(found)
  }

  const revoke: Sessions["Type"]["revoke"] = (token) =>
    Effect.sync(() => {
      live.delete(Redacted.value(token))
    })

  const revokeById: Sessions["Type"]["revokeById"] = (userId, id) =>
    Effect.sync(() => {
      for (const [token, { session, user }] of live) {
        if (user.id === userId && session.id === id.toLowerCase()) live.delete(token)
      }
    })

  return Layer.merge(
    Layer.mock(Accounts, { signUp, signIn }),
    Layer.mock(Sessions, { validate, revoke, revokeById })
  )
})
