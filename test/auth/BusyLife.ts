import { Effect } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { IdempotencyKey } from "../../src/auth/IdempotencyKey.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { credentials } from "./Credentials.ts"
import { nextLetter, nextToken } from "./Mailbox.ts"
import { requester } from "./Requesters.ts"

const first = "canary first password"
const second = "canary second password"
const third = "canary third password"

/**
 * Everything that auth/ can do, done once, and every token that was given out. Ends with two users:
 * `canary-b@example.com`, who has two sessions, and `canary-late@example.com`, who has one.
 */
export const busyLife = Effect.gen(function* () {
  const accounts = yield* Accounts
  const sessions = yield* Sessions
  const who = requester(1)
  const a = credentials("canary-a@example.com", first)
  const b = credentials("canary-b@example.com", second)
  const { password: last } = credentials("canary-b@example.com", third)

  const key = IdempotencyKey.make("canary-key")
  const up = yield* accounts.signUp(a, { requester: who, idempotencyKey: key })
  const repeated = yield* accounts.signUp(a, { requester: who, idempotencyKey: key })
  yield* nextToken("VerifyEmail", a.email)
  yield* accounts.requestEmailProof(up.user, who)
  const proof = yield* nextToken("VerifyEmail", a.email)
  yield* accounts.proveEmail(proof, who)

  yield* Effect.flip(accounts.signIn({ ...a, password: last }, { requester: who }))
  const inn = yield* accounts.signIn(a, { requester: who, replaces: up.sessionToken })
  yield* sessions.validate(inn.sessionToken)
  yield* sessions.revokeById(up.user.id, repeated.session.id, who)
  const changed = yield* accounts.changePassword(
    inn.user,
    { current: a.password, next: b.password },
    who
  )
  yield* nextLetter("PasswordChanged", a.email)

  yield* accounts.requestEmailChange(inn.user, { email: b.email, password: b.password }, who)
  const confirmation = yield* nextToken("ConfirmEmailChange", b.email)
  yield* accounts.proveEmail(confirmation, who)
  yield* accounts.requestPasswordReset(b.email, who)
  const reset = yield* nextToken("PasswordReset", b.email)
  yield* accounts.resetPassword({ token: reset, next: last }, who)
  yield* nextLetter("PasswordChanged", b.email)

  const now = { email: b.email, password: last }
  const one = yield* accounts.signIn(now)
  const two = yield* accounts.signIn(now)
  yield* sessions.revokeOthers(two.session, who)
  const three = yield* accounts.signIn(now)
  const four = yield* accounts.signIn(now)
  yield* sessions.revoke(four.sessionToken, who)

  const late = credentials("canary-late@example.com", first)
  yield* accounts.requestSignUp(late, { requester: who })
  const confirmed = yield* nextToken("ConfirmSignUp", late.email)
  yield* accounts.proveEmail(confirmed, who)
  const lateIn = yield* accounts.signIn(late)
  const gone = yield* accounts.signUp(credentials("canary-gone@example.com", first))
  yield* nextToken("VerifyEmail", "canary-gone@example.com")
  yield* accounts.deleteAccount(gone.user, late.password, who)

  const kept = yield* accounts.signUp(credentials("canary-kept@example.com", first))
  yield* accounts.proveEmail(yield* nextToken("VerifyEmail", kept.user.email))
  const { email: wanted } = credentials("canary-wanted@example.com")
  yield* accounts.requestEmailChange(kept.user, { email: wanted, password: a.password })
  const keeping = yield* nextToken("KeepEmail", kept.user.email)
  yield* accounts.proveEmail(keeping)
  yield* accounts.requestPasswordReset(kept.user.email)
  const again = yield* nextToken("PasswordReset", kept.user.email)
  yield* accounts.resetPassword({ token: again, next: last })
  yield* accounts.deleteAccount(kept.user, last)

  // Left unused.
  yield* accounts.requestPasswordReset(late.email, who)
  const unused = yield* nextToken("PasswordReset", late.email)
  const ended = [up, repeated, inn, changed, one, four, gone, kept]
  return {
    live: [two, three, lateIn].map(({ sessionToken }) => sessionToken),
    ended: ended.map(({ sessionToken }) => sessionToken),
    used: [proof, confirmation, reset, confirmed, keeping, again],
    unused: [unused]
  }
})
