import { describe, expect, it } from "@effect/vitest"
import {
  Cause,
  DateTime,
  Duration,
  Effect,
  Fiber,
  Layer,
  Record,
  Redacted,
  TestClock
} from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { PasswordHash, Passwords } from "../../src/auth/Passwords.ts"
import { Session, SessionId } from "../../src/auth/Session.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { atAccount } from "../../src/auth/ThrottleLimits.ts"
import { User, UserId } from "../../src/auth/User.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { credentials } from "./Credentials.ts"
import { instantPasswords } from "./InstantPasswords.ts"
import { requester } from "./Requesters.ts"
import { answerLost, type Execute, scriptedClient, serverError } from "./ScriptedClient.ts"

const row = {
  user_id: "00000000-0000-4000-8000-000000000001",
  email: "later@example.com",
  email_verified: null,
  created_at: new Date(0),
  updated_at: new Date(0),
  session_id: "00000000-0000-4000-8000-000000000002",
  expires: new Date(86_400_000)
}

const accountsWith = (execute: Execute) =>
  accountsAlone.pipe(Layer.provide(instantPasswords), Layer.provide(scriptedClient(execute)))

const signUp = Effect.flatMap(Accounts, (accounts) =>
  accounts.signUp(credentials("later@example.com"))
)

/** What the statement of the throttle answers when the attempt is within its limits. */
const admitted = { is_admitted: true, wait: 0 }

/** As the service has it: the attempt is counted by a statement of its own, before the sign-up's. */
const throttledWith = (execute: Execute, passwords = instantPasswords) =>
  Accounts.layer().pipe(
    Layer.provide([Outbox.off, Throttle.layer()]),
    Layer.provide(passwords),
    Layer.provide(scriptedClient(execute))
  )

const signUpFromSomewhere = Effect.flatMap(Accounts, (accounts) =>
  accounts.signUp(credentials("later@example.com"), {
    requester: requester()
  })
)

describe("a sign-up while the database is away", () => {
  it.effect("goes on with the same ids until its deadline of 30 s, and is then unavailable", () =>
    Effect.gen(function* () {
      const runs: Array<string> = []
      const away = accountsWith((_, values) =>
        Effect.suspend(() => {
          runs.push(JSON.stringify(values))
          return answerLost
        })
      )
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(signUp, away)))
      yield* TestClock.adjust("29999 millis")
      expect(yield* Fiber.poll(fiber)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(fiber)).toMatchObject({
        _tag: "DatabaseUnavailable",
        retryAfterSeconds: 1
      })
      expect(runs.length).toBeGreaterThan(45)
      expect(new Set(runs).size).toBe(1)
    })
  )

  it.effect("succeeds within a second of its return, after 28 s", () =>
    Effect.gen(function* () {
      let isBack = false
      const away = accountsWith(() =>
        Effect.suspend(() => (isBack ? Effect.succeed([row]) : answerLost))
      )
      const fiber = yield* Effect.fork(Effect.provide(signUp, away))
      yield* TestClock.adjust(Duration.seconds(28))
      isBack = true
      yield* TestClock.adjust(Duration.seconds(1))
      expect(yield* Fiber.join(fiber)).toMatchObject({ user: { email: "later@example.com" } })
    })
  )
})

describe("a sign-up whose attempt is counted, while the database is away", () => {
  it.effect("waits 30 s for both statements together", () =>
    Effect.gen(function* () {
      let isAdmitted = false
      const away = throttledWith((text) =>
        Effect.suspend(() =>
          isAdmitted && text.includes("throttles") ? Effect.succeed([admitted]) : answerLost
        )
      )
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(signUpFromSomewhere, away)))
      yield* TestClock.adjust("20 seconds")
      isAdmitted = true
      yield* TestClock.adjust("9999 millis")
      expect(yield* Fiber.poll(fiber)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "DatabaseUnavailable" })
    })
  )

  it.effect("succeeds when the database is back after 28 s", () =>
    Effect.gen(function* () {
      let isBack = false
      const away = throttledWith((text) =>
        Effect.suspend(() => {
          if (!isBack) return answerLost
          return Effect.succeed([text.includes("insert into users") ? row : admitted])
        })
      )
      const fiber = yield* Effect.fork(Effect.provide(signUpFromSomewhere, away))
      yield* TestClock.adjust("28 seconds")
      isBack = true
      yield* TestClock.adjust("1 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ user: { email: "later@example.com" } })
    })
  )

  it.effect("ends after 30 s even when a statement that was begun late gets no answer", () =>
    Effect.gen(function* () {
      let isAdmitted = false
      const away = throttledWith((text) =>
        Effect.suspend(() => {
          if (!isAdmitted) return answerLost
          return text.includes("insert into users") ? Effect.never : Effect.succeed([admitted])
        })
      )
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(signUpFromSomewhere, away)))
      yield* TestClock.adjust("26 seconds")
      isAdmitted = true
      yield* TestClock.adjust("4 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "DatabaseUnavailable" })
    })
  )
})

describe("the deadline of a call", () => {
  const slowPasswords = Layer.succeed(Passwords, {
    hash: () => Effect.as(Effect.sleep("40 seconds"), PasswordHash(Redacted.make("$argon2id$"))),
    verify: () => Effect.succeed(true)
  })
  const slowly = (execute: Execute) => throttledWith(execute, slowPasswords)

  it.effect("does not count the wait for hashing: that is not the database's", () =>
    Effect.gen(function* () {
      const there = slowly((text) =>
        Effect.succeed([text.includes("insert into users") ? row : admitted])
      )
      const fiber = yield* Effect.fork(Effect.provide(signUpFromSomewhere, there))
      yield* TestClock.adjust("40 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ user: { email: "later@example.com" } })
    })
  )

  it.effect("once it is over nothing is sent any more", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const late = slowly((text) =>
        Effect.suspend((): ReturnType<Execute> => {
          sent.push(text)
          return text.includes("insert into users")
            ? Effect.succeed([row])
            : Effect.delay(Effect.succeed([admitted]), "30 seconds")
        })
      )
      const fiber = yield* Effect.fork(Effect.flip(Effect.provide(signUpFromSomewhere, late)))
      yield* TestClock.adjust("70 seconds")
      expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "DatabaseUnavailable" })
      expect(sent.length).toBe(1)
    })
  )
})

describe("a sign-up that meets its own row under another key", () => {
  const collision = (constraint: string) => serverError("23505", { constraint })

  it.effect.each(["users_pkey", "sessions_pkey", "sessions_token_digest_key"])(
    "is run again: %s",
    (constraint) =>
      Effect.gen(function* () {
        let runs = 0
        const racing = accountsWith(() =>
          Effect.suspend(() => (runs++ === 0 ? collision(constraint) : Effect.succeed([row])))
        )
        yield* Effect.provide(signUp, racing)
        expect(runs).toBe(2)
      })
  )

  it.effect("is not run for ever: a key that is always taken is a defect", () =>
    Effect.gen(function* () {
      let runs = 0
      const stuck = accountsWith(() =>
        Effect.suspend(() => {
          runs += 1
          return collision("users_pkey")
        })
      )
      const cause = yield* Effect.sandbox(Effect.provide(signUp, stuck)).pipe(Effect.flip)
      expect(Cause.pretty(cause)).toMatch(/UniqueViolation: users_pkey/)
      expect(runs).toBe(4)
    })
  )
})

/** Everything that auth/ does, with a database that is away. */
const everything = Effect.gen(function* () {
  const accounts = yield* Accounts
  const sessions = yield* Sessions
  const throttle = yield* Throttle
  const { email, password } = credentials("away@example.com")
  const user = new User({
    id: UserId.make(row.user_id),
    email,
    emailVerified: null,
    createdAt: yield* DateTime.now,
    updatedAt: yield* DateTime.now
  })
  const session = new Session({
    id: SessionId.make(row.session_id),
    userId: user.id,
    expires: yield* DateTime.now
  })
  const token = yield* SessionToken.generate
  const oneTime = yield* OneTimeToken.generate
  return {
    signIn: accounts.signIn({ email, password }),
    changePassword: accounts.changePassword(user, { current: password, next: password }),
    requestEmailChange: accounts.requestEmailChange(user, { email, password }),
    deleteAccount: accounts.deleteAccount(user, password),
    requestSignUp: accounts.requestSignUp({ email, password }),
    requestPasswordReset: accounts.requestPasswordReset(email),
    resetPassword: accounts.resetPassword({ token: oneTime, next: password }),
    requestEmailProof: accounts.requestEmailProof(user),
    proveEmail: accounts.proveEmail(oneTime),
    validate: sessions.validate(token),
    list: sessions.list(user.id),
    revoke: sessions.revoke(token),
    revokeById: sessions.revokeById(user.id, session.id),
    revokeOthers: sessions.revokeOthers(session),
    admit: throttle.admit([atAccount(email)])
  }
})

it.effect("a database that is away is never a verdict, whatever is asked of auth/", () =>
  Effect.gen(function* () {
    const attempts: Record<
      string,
      Effect.Effect<unknown, { readonly _tag: string }>
    > = yield* everything
    const fiber = yield* Effect.fork(
      Effect.all(Record.map(attempts, Effect.flip), { concurrency: "unbounded" })
    )
    yield* TestClock.adjust("1 minute")
    const errors = yield* Fiber.join(fiber)
    for (const [name, { _tag }] of Object.entries(errors)) {
      expect([name, _tag]).toEqual([name, "DatabaseUnavailable"])
    }
  }).pipe(
    Effect.provide(
      Layer.mergeAll(accountsAlone, Sessions.layer(), Throttle.layer()).pipe(
        Layer.provide(instantPasswords),
        Layer.provide(scriptedClient(() => answerLost))
      )
    )
  )
)
