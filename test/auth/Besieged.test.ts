import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Throttled } from "../../src/auth/AuthError.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { deliver, Mailbox } from "./Mailbox.ts"
import { requester } from "./Requesters.ts"

/** All of auth/ with letters and with the default limits. */
const auth = Layer.merge(Accounts.layer(), Sessions.layer()).pipe(
  Layer.provideMerge(Layer.mergeAll(Outbox.layer(deliver), Throttle.layer(), cheapPasswords)),
  Layer.provideMerge(Mailbox.layer),
  Layer.provideMerge(TestDatabase.layer)
)

const signUp = (address: string, from: number) =>
  Effect.flatMap(Accounts, (accounts) =>
    accounts.signUp(credentials(address), { requester: requester(from) })
  )

/** Five wrong passwords and one more, so that the account pauses. */
const guessedAt = (address: string, from: number) =>
  Effect.gen(function* () {
    const accounts = yield* Accounts
    const guess = credentials(address, "a wrong guess")
    for (const _ of Array.from({ length: 9 })) {
      yield* Effect.ignore(accounts.signIn(guess, { requester: requester(from) }))
    }
  })

const lettersTo = (address: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const { all } = yield* Mailbox
    yield* Effect.iterate(1, {
      while: (waiting) => waiting > 0,
      body: () =>
        Effect.delay(
          Effect.map(sql`select id from outbox`, (rows) => rows.length),
          "100 millis"
        )
    })
    return all.filter(({ recipient }) => recipient === address).length
  })

layer(auth, { excludeTestServices: true, timeout: "1 minute" })(
  "somebody whom a stranger wants to lock out",
  (it) => {
    it.effect("can ask for a reset, whatever letters others had sent to them (email change)", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const victim = credentials("victim@example.com")
        yield* signUp(victim.email, 1)
        const { user } = yield* signUp("stranger@example.com", 66)
        for (const _ of Array.from({ length: 5 })) {
          const change = { email: victim.email, password: credentials("a@example.com").password }
          // The last is refused: the letter of the sign-up has counted, too.
          yield* Effect.ignore(accounts.requestEmailChange(user, change, requester(66)))
        }
        yield* guessedAt(victim.email, 66)
        expect(
          yield* Effect.flip(accounts.signIn(victim, { requester: requester(1) }))
        ).toBeInstanceOf(Throttled)
        yield* accounts.requestPasswordReset(victim.email, requester(1))
      })
    )

    it.effect("can ask for a reset, whatever letters others had sent to them (sign-up)", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const victim = credentials("victim2@example.com")
        yield* signUp(victim.email, 2)
        const attack = credentials(victim.email, "of the stranger")
        for (const _ of Array.from({ length: 5 })) {
          yield* Effect.ignore(accounts.requestSignUp(attack, { requester: requester(67) }))
        }
        yield* accounts.requestPasswordReset(victim.email, requester(2))
      })
    )

    it.effect(
      "can ask for a reset, whatever was asked for with a wrong password and never sent",
      () =>
        Effect.gen(function* () {
          const accounts = yield* Accounts
          const victim = credentials("victim3@example.com")
          yield* signUp(victim.email, 3)
          const { user } = yield* signUp("stranger3@example.com", 68)
          const change = {
            email: victim.email,
            password: credentials("a@example.com", "a wrong guess").password
          }
          for (const _ of Array.from({ length: 5 })) {
            yield* Effect.ignore(accounts.requestEmailChange(user, change, requester(68)))
          }
          yield* accounts.requestPasswordReset(victim.email, requester(3))
        })
    )

    it.effect("can change their password while signed in, although a stranger guesses it", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const victim = credentials("victim4@example.com")
        const { user } = yield* signUp(victim.email, 4)
        yield* guessedAt(victim.email, 69)
        const { password: next } = credentials("a@example.com", "a new password")
        yield* accounts.changePassword(user, { current: victim.password, next }, requester(4))
      })
    )
  }
)

layer(auth, { excludeTestServices: true, timeout: "1 minute" })(
  "a mailbox whose owner never asked for anything",
  (it) => {
    it.effect("gets five letters an hour at most, however often a password is changed", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("bombed@example.com", 70)
        const [one, other] = ["the first one", "the other one"].map(
          (text) => credentials("a@example.com", text).password
        )
        let current = credentials("a@example.com").password
        for (const index of Array.from({ length: 20 }).keys()) {
          const next = index % 2 === 0 ? one : other
          if (next === undefined) continue
          yield* accounts.changePassword(user, { current, next }, requester(70))
          current = next
        }
        expect(yield* lettersTo("bombed@example.com")).toBe(5)
      })
    )

    it.effect("gets five letters an hour at most, whatever addresses its account asks for", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { user } = yield* signUp("bombed3@example.com", 72)
        const { password } = credentials("a@example.com")
        for (const index of Array.from({ length: 10 }).keys()) {
          const { email } = credentials(`wanted-${index}@example.com`)
          yield* accounts.requestEmailChange(user, { email, password }, requester(100 + index))
        }
        expect(yield* lettersTo("bombed3@example.com")).toBe(5)
        expect(yield* lettersTo("wanted-9@example.com")).toBe(1)
      })
    )

    it.effect("is told of every change of the password once the address is proven", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const accounts = yield* Accounts
        const { password } = credentials("a@example.com")
        const { user } = yield* signUp("proven@example.com", 73)
        yield* sql`update users set email_verified = now() where id = ${user.id}`
        for (const _ of Array.from({ length: 10 })) {
          const change = { current: password, next: password }
          yield* accounts.changePassword(user, change, requester(73))
        }
        expect(yield* lettersTo("proven@example.com")).toBe(11)
      })
    )

    it.effect("gets five letters an hour at most, however often it is signed up and deleted", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const { password } = credentials("a@example.com")
        for (const _ of Array.from({ length: 10 })) {
          const { user } = yield* signUp("bombed2@example.com", 71)
          // Until its letter is out: it would go with the user.
          yield* lettersTo("bombed2@example.com")
          yield* accounts.deleteAccount(user, password, requester(71))
        }
        expect(yield* lettersTo("bombed2@example.com")).toBe(5)
      })
    )
  }
)
