import { expect, layer } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import { Accounts, type AccountsOptions } from "../../src/auth/Accounts.ts"
import { HashingOverloaded } from "../../src/auth/AuthError.ts"
import { BreachedPasswords } from "../../src/auth/BreachedPasswords.ts"
import * as OneTimeToken from "../../src/auth/OneTimeToken.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { PasswordPolicy } from "../../src/auth/PasswordPolicy.ts"
import { Passwords } from "../../src/auth/Passwords.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { requester } from "./Requesters.ts"
import { answerLost, interposedClient } from "./ScriptedClient.ts"

let isOverloaded = false
const notOverloaded = Effect.sync(() => {
  isOverloaded = false
})
let isUserTableAway = false
let lookedUp = 0

/** Passwords that are refused while the machine has too much to do. */
const busyPasswords = Layer.project(cheapPasswords, Passwords, Passwords, ({ hash, verify }) => ({
  hash,
  verify: (password, stored) =>
    Effect.suspend(() => (isOverloaded ? new HashingOverloaded() : verify(password, stored)))
}))

const countedLookUps = Layer.succeed(BreachedPasswords, {
  check: () =>
    Effect.sync(() => {
      lookedUp += 1
      return false
    })
})

/** A database that goes away between the limits and the user's row. */
const halfAway = interposedClient((statement, text) =>
  isUserTableAway && text.includes("from users") ? answerLost : statement
)

/** So slow to recover that a busy machine changes no count. */
const limits = {
  account: { free: 5, first: "1 hour", longest: "10 hours" },
  redeemFrom: { burst: 30, per: "30 hours" },
  signUpFrom: { burst: 10, per: "10 hours" }
} as const

const accountsWith = (options: AccountsOptions = {}) =>
  Accounts.layer(options).pipe(
    Layer.provide(Layer.mergeAll(Outbox.off, Throttle.layer(limits), busyPasswords)),
    Layer.provide(Layer.provide(PasswordPolicy.layer(), countedLookUps)),
    Layer.provide(halfAway)
  )

const auth = Layer.provideMerge(accountsWith(), TestDatabase.layer)

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("what was not done", (it) => {
  it.effect("a sign-in that was refused for overload is not held against the account", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const right = credentials("patient@example.com")
      yield* accounts.signUp(right)
      isOverloaded = true
      for (const _ of Array.from({ length: 6 })) {
        const error = yield* Effect.flip(accounts.signIn(right, { requester: requester(1) }))
        expect(error._tag).toBe("HashingOverloaded")
      }
      isOverloaded = false
      yield* accounts.signIn(right, { requester: requester(1) })
    }).pipe(Effect.ensuring(notOverloaded))
  )

  it.effect("what was not done takes back no wrong password that came before it", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const right = credentials("guessed@example.com")
      yield* accounts.signUp(right)
      const guess = Effect.flip(accounts.signIn(credentials(right.email, "a wrong guess")))
      for (const _ of Array.from({ length: 4 })) {
        yield* guess
        isOverloaded = true
        yield* Effect.flip(accounts.signIn(right))
        isOverloaded = false
      }
      expect((yield* guess)._tag).toBe("InvalidCredentials")
      expect((yield* guess)._tag).toBe("Throttled")
    }).pipe(Effect.ensuring(notOverloaded))
  )

  it.effect("a change that was refused for the new password is not held against the account", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const right = credentials("indecisive@example.com")
      const { user } = yield* accounts.signUp(right)
      const change = (text: string) => {
        const { password: next } = credentials("a@example.com", text)
        return accounts.changePassword(user, { current: right.password, next }, requester(7))
      }
      for (const _ of Array.from({ length: 6 })) {
        expect((yield* Effect.flip(change("password")))._tag).toBe("PasswordRefused")
      }
      yield* change("a new password")
    })
  )

  it.effect("a sign-in that met a fault of the database is not held against the account", () =>
    Effect.gen(function* () {
      const patient = yield* Accounts
      const right = credentials("faithful@example.com")
      yield* patient.signUp(right)
      isUserTableAway = true
      yield* Effect.gen(function* () {
        const hasty = yield* Accounts
        for (const _ of Array.from({ length: 6 })) {
          const error = yield* Effect.flip(hasty.signIn(right, { requester: requester(2) }))
          expect(error._tag).toBe("DatabaseUnavailable")
        }
      }).pipe(Effect.provide(accountsWith({ deadline: "400 millis" })))
      isUserTableAway = false
      yield* patient.signIn(right, { requester: requester(2) })
    }).pipe(
      Effect.ensuring(
        Effect.sync(() => {
          isUserTableAway = false
        })
      )
    )
  )

  it.effect(
    "a third party is not asked about a password for who does not know the present one",
    () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const right = credentials("chooser@example.com")
        const { user } = yield* accounts.signUp(right)
        const { password: next } = credentials("a@example.com", "a new password")
        lookedUp = 0
        const error = yield* Effect.flip(
          accounts.changePassword(user, { current: next, next }, requester(3))
        )
        expect([error._tag, lookedUp]).toEqual(["WrongPassword", 0])
        yield* accounts.changePassword(user, { current: right.password, next }, requester(3))
        expect(lookedUp).toBe(1)
      })
  )

  it.effect("a third party is asked about no more passwords than the limits let pass", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const { password: next } = credentials("a@example.com", "a new password")
      lookedUp = 0
      for (const _ of Array.from({ length: 60 })) {
        const token = yield* OneTimeToken.generate
        const answer = yield* Effect.either(accounts.resetPassword({ token, next }, requester(5)))
        expect(Either.isLeft(answer)).toBe(true)
      }
      expect(lookedUp).toBe(30)
    })
  )

  it.effect(
    "a third party is asked about no more sign-ups by letter than the limits let pass",
    () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        lookedUp = 0
        for (const index of Array.from({ length: 30 }).keys()) {
          const person = credentials(`person-${index}@example.com`)
          yield* Effect.either(accounts.requestSignUp(person, { requester: requester(6) }))
        }
        expect(lookedUp).toBe(10)
      })
  )
})
