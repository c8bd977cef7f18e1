import { expect, layer } from "@effect/vitest"
import { Effect, Either, Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Throttled } from "../../src/auth/AuthError.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { makeRequester } from "../../src/auth/Requester.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { countedPasswords } from "./CountedPasswords.ts"
import { credentials } from "./Credentials.ts"
import { deliver, Mailbox, nextToken } from "./Mailbox.ts"
import { requester } from "./Requesters.ts"

const counted = countedPasswords(cheapPasswords)

/** Pauses so long that no busy machine outlasts one. */
const limits = { account: { free: 5, first: "1 hour", longest: "10 hours" } } as const

const auth = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provideMerge(Layer.mergeAll(Outbox.layer(deliver), Throttle.layer(limits))),
  Layer.provide(counted.layer),
  Layer.provideMerge(Mailbox.layer),
  Layer.provideMerge(TestDatabase.layer)
)

const known = (name: string) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    yield* accounts.signUp(credentials(`${name}@example.com`))
    return credentials(`${name}@example.com`)
  })

const wrong = (address: string) =>
  Effect.flatMap(Accounts, (accounts) =>
    Effect.flip(accounts.signIn(credentials(address, "a wrong guess")))
  )

/** The answers to so many wrong passwords, at once or one after the other. */
const guesses = (address: string, number: number, concurrency: number) =>
  Effect.map(
    Effect.all(
      Array.from({ length: number }, () => wrong(address)),
      { concurrency }
    ),
    (errors) => errors.map(({ _tag }) => _tag).toSorted()
  )

const fiveThenThrottled = (number: number) => [
  ...Array.from({ length: 5 }, () => "InvalidCredentials"),
  ...Array.from({ length: number - 5 }, () => "Throttled")
]

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("guessing a password", (it) => {
  it.effect("compares five of a hundred at once, and refuses the rest unseen", () =>
    Effect.gen(function* () {
      const { email } = yield* known("hundred")
      const before = counted.compared()
      expect(yield* guesses(email, 100, 100)).toEqual(fiveThenThrottled(100))
      expect(counted.compared() - before).toBe(5)
    })
  )

  it.effect("is refused the same way for an address that nobody has", () =>
    Effect.map(guesses("nobody@example.com", 10, 1), (tags) =>
      expect(tags).toEqual(fiveThenThrottled(10))
    )
  )

  it.effect("keeps out also the right one, for as long as the answer says", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const right = yield* known("locked")
      yield* guesses(right.email, 5, 1)
      const error = yield* Effect.flip(accounts.signIn(right))
      expect(error).toBeInstanceOf(Throttled)
      expect(error).toMatchObject({ retryAfterSeconds: expect.any(Number) })
    })
  )

  it.effect("starts anew after a sign-in", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const right = yield* known("forgetful")
      for (const _ of Array.from({ length: 3 })) {
        expect(yield* guesses(right.email, 4, 1)).not.toContain("Throttled")
        yield* accounts.signIn(right)
      }
    })
  )

  it.effect("starts anew after a reset", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const { email, password } = yield* known("reset")
      yield* guesses(email, 6, 1)
      yield* accounts.requestPasswordReset(email)
      const token = yield* nextToken("PasswordReset", email)
      yield* accounts.resetPassword({ token, next: password })
      yield* accounts.signIn({ email, password })
    })
  )

  it.effect("is limited by the same count wherever a session asks for the password", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const right = yield* known("everywhere")
      const { user } = yield* accounts.signIn(right)
      const { password } = credentials(right.email, "a wrong guess")
      const { email } = credentials("elsewhere@example.com")
      const tags: Array<string> = []
      for (const attempt of [
        accounts.changePassword(user, { current: password, next: password }),
        accounts.requestEmailChange(user, { email, password }),
        accounts.deleteAccount(user, password),
        accounts.changePassword(user, { current: password, next: password }),
        accounts.deleteAccount(user, password),
        accounts.deleteAccount(user, right.password)
      ]) {
        tags.push((yield* Effect.flip<unknown, { readonly _tag: string }, never>(attempt))._tag)
      }
      const wrong = Array.from({ length: 5 }, () => "WrongPassword")
      expect(tags).toEqual([...wrong, "Throttled"])
    })
  )

  it.effect("starts anew at sign-ins and in sessions, wherever the right one is given", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const right = yield* known("owner")
      const { user } = yield* accounts.signIn(right)
      const { password } = credentials(right.email, "a wrong guess")
      const guessedInSession = Effect.replicateEffect(
        Effect.flip(accounts.deleteAccount(user, password)),
        5
      )
      yield* guessedInSession
      yield* accounts.signIn(right)
      yield* guesses(right.email, 5, 1)
      for (const index of Array.from({ length: 6 }).keys()) {
        const { email } = credentials(`owner-${index}@example.com`)
        yield* accounts.requestEmailChange(user, { email, password: right.password })
      }
      yield* accounts.signIn(right)
    })
  )
})

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("an address", (it) => {
  it.effect("may ask for five letters a minute, for whomever, and is then refused", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      yield* known("asked")
      const answers = yield* Effect.forEach(
        Array.from({ length: 8 }, (_, index) => index),
        (index) =>
          Effect.either(
            accounts.requestPasswordReset(
              credentials(index % 2 === 0 ? "asked@example.com" : `no-${index}@example.com`).email,
              requester(50)
            )
          ),
        { concurrency: "unbounded" }
      )
      expect(answers.filter(Either.isRight)).toHaveLength(5)
    })
  )

  it.effect("may sign up ten times a minute", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const answers = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, index) => index),
        (index) =>
          Effect.either(
            accounts.signUp(credentials(`many-${index}@example.com`), { requester: requester(51) })
          ),
        { concurrency: "unbounded" }
      )
      expect(answers.filter(Either.isRight)).toHaveLength(10)
    })
  )

  it.effect("may prepare ten sign-ups a minute, for a transaction of an embedding service", () =>
    Effect.gen(function* () {
      const accounts = yield* Accounts
      const asker = makeRequester({ address: "203.0.113.52", userAgent: "Browser/1.0" })
      const answers = yield* Effect.forEach(
        Array.from({ length: 12 }, (_, index) => index),
        (index) =>
          Effect.either(
            accounts.prepareSignUp(credentials(`prepared-${index}@example.com`), {
              requester: asker
            })
          )
      )
      expect(answers.filter(Either.isRight)).toHaveLength(10)
    })
  )
})
