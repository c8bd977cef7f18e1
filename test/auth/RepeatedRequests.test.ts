import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Either, Layer, Schema } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { IdempotencyKeyReused, TokenInvalid } from "../../src/auth/AuthError.ts"
import { IdempotencyKey } from "../../src/auth/IdempotencyKey.ts"
import { Outbox } from "../../src/auth/Outbox.ts"
import { Pruning } from "../../src/auth/Pruning.ts"
import { Throttle } from "../../src/auth/Throttle.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"
import { kindsOf } from "./Events.ts"
import { authWithMail, deliver, Mailbox, nextToken } from "./Mailbox.ts"

const key = Schema.decodeSync(IdempotencyKey)

/** The events of sign-ups that were refused. */
const refusals = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`select id from audit_events where kind = 'sign-up-refused' order by id`
)

const auth = Layer.provideMerge(Pruning.layer(), authWithMail)

layer(auth, { excludeTestServices: true, timeout: "1 minute" })(
  "a sign-up that is sent again with its key",
  (it) => {
    it.effect("is refused with another password, or it is that password that counts", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const options = { idempotencyKey: key("of-one-form") }
        yield* accounts.requestSignUp(credentials("typo@example.com", "mistyped pass"), options)
        const first = yield* nextToken("ConfirmSignUp", "typo@example.com")
        const meant = credentials("typo@example.com", "the meant pass")
        const answer = yield* Effect.either(accounts.requestSignUp(meant, options))
        if (Either.isLeft(answer)) {
          expect(answer.left._tag).toBe("IdempotencyKeyReused")
          return
        }
        const second = yield* Effect.option(
          Effect.timeout(nextToken("ConfirmSignUp", "typo@example.com"), "2 seconds")
        )
        yield* accounts.proveEmail(second._tag === "Some" ? second.value : first)
        yield* accounts.signIn(meant)
      })
    )

    it.effect.each([
      ["has no account", "nobody@example.com", false],
      ["has one", "somebody@example.com", true]
    ] as const)(
      "is compared with what came first, also where the address %s",
      ([_, address, hasAccount]) =>
        Effect.gen(function* () {
          const accounts = yield* Accounts
          const first = credentials(address, "the first pass")
          yield* Effect.when(accounts.signUp(credentials(address)), () => hasAccount)
          const options = { idempotencyKey: key(`first-with-${address}`) }
          const before = (yield* refusals).length
          yield* accounts.requestSignUp(first, options)
          yield* accounts.requestSignUp(first, options)
          for (const other of [
            credentials(address, "another pass"),
            credentials("elsewhere@example.com", "the first pass")
          ]) {
            const refusal = yield* Effect.flip(accounts.requestSignUp(other, options))
            expect(refusal).toEqual(new IdempotencyKeyReused())
          }
          yield* accounts.requestSignUp(first, options)
          expect((yield* refusals).length - before).toBe(2)
        })
    )

    it.effect("sends another letter once the first one's link has expired", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sql = yield* SqlClient.SqlClient
        const late = credentials("late@example.com")
        const options = { idempotencyKey: key("of-a-late-reader") }
        yield* accounts.requestSignUp(late, options)
        const expired = yield* nextToken("ConfirmSignUp", late.email)
        yield* sql`update one_time_tokens set expires = now() where email = ${late.email}`
        yield* sql`update sign_up_requests set expires = now() where email = ${late.email}`
        expect(yield* Effect.flip(accounts.proveEmail(expired))).toEqual(new TokenInvalid())
        yield* accounts.requestSignUp(late, options)
        yield* accounts.proveEmail(yield* nextToken("ConfirmSignUp", late.email))
        yield* accounts.signIn(late)
      })
    )

    it.effect(
      "twenty times at once with two passwords takes one of them, and refuses the other",
      () =>
        Effect.gen(function* () {
          const accounts = yield* Accounts
          const options = { idempotencyKey: key("of-two-windows") }
          const passwords = ["the one pass", "the other pass"]
          const answers = yield* Effect.all(
            Array.from({ length: 20 }, (_, index) =>
              Effect.either(
                accounts.requestSignUp(
                  credentials("windows@example.com", passwords[index % 2]),
                  options
                )
              )
            ),
            { concurrency: "unbounded" }
          )
          const refused = answers.flatMap((answer) => (Either.isLeft(answer) ? [answer.left] : []))
          expect(refused).toEqual(Array.from({ length: 10 }, () => new IdempotencyKeyReused()))
          yield* nextToken("ConfirmSignUp", "windows@example.com")
          yield* accounts.requestSignUp(credentials("windows-last@example.com"))
          yield* nextToken("ConfirmSignUp", "windows-last@example.com")
          const { all } = yield* Mailbox
          expect(all.filter(({ recipient }) => recipient === "windows@example.com")).toHaveLength(1)
        })
    )

    it.effect("is forgotten, with its password's hash, a day after its letter has expired", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sql = yield* SqlClient.SqlClient
        const options = { idempotencyKey: key("of-nobody") }
        yield* accounts.requestSignUp(credentials("forgotten@example.com"), options)
        yield* sql`
          update sign_up_requests set expires = now() - interval '25 hours'
          where email = 'forgotten@example.com'`
        const { prune } = yield* Pruning
        expect((yield* prune).tokens).toBe(1)
        const rows = yield* sql`select from sign_up_requests where email = 'forgotten@example.com'`
        expect(rows).toEqual([])
      })
    )

    it.effect("writes no refusal of a sign-up that was not refused", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const options = { idempotencyKey: key("of-a-lost-answer") }
        const before = yield* refusals
        yield* accounts.signUp(credentials("lost@example.com"), options)
        yield* accounts.signUp(credentials("lost@example.com"), options)
        expect(yield* refusals).toEqual(before)
      })
    )

    it.effect("is written down at the account when its password is wrong", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const options = { idempotencyKey: key("of-a-guesser") }
        const { user } = yield* accounts.signUp(credentials("guessed@example.com"), options)
        const guess = credentials("guessed@example.com", "a wrong guess")
        expect((yield* Effect.flip(accounts.signUp(guess, options)))._tag).toBe(
          "IdempotencyKeyReused"
        )
        expect(yield* kindsOf(user.id)).toHaveLength(2)
      })
    )
  }
)

/** So slow to recover that a busy machine changes no count. */
const limits = { account: { free: 5, first: "1 hour", longest: "10 hours" } } as const

const limited = Accounts.layer().pipe(
  Layer.provide(Layer.mergeAll(Outbox.layer(deliver), Throttle.layer(limits), cheapPasswords)),
  Layer.provideMerge(Mailbox.layer),
  Layer.provideMerge(TestDatabase.layer)
)

layer(limited, { excludeTestServices: true, timeout: "1 minute" })(
  "where letters are limited, a sign-up that is sent again with its key",
  (it) => {
    it.effect("is answered as before however often, and keeps no other letter back", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const person = credentials("insistent@example.com")
        const options = { idempotencyKey: key("of-an-insistent-client") }
        yield* Effect.replicateEffect(accounts.requestSignUp(person, options), 10)
        const other = credentials(person.email, "another pass")
        expect(yield* Effect.flip(accounts.requestSignUp(other, options))).toEqual(
          new IdempotencyKeyReused()
        )
        yield* Effect.replicateEffect(accounts.requestSignUp(person), 4)
        expect((yield* Effect.flip(accounts.requestSignUp(person)))._tag).toBe("Throttled")
      })
    )

    it.effect("has only so many passwords compared with its own", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const person = credentials("guessed-at@example.com")
        const options = { idempotencyKey: key("of-a-leaky-client") }
        yield* accounts.requestSignUp(person, options)
        const guess = Effect.flip(
          accounts.requestSignUp(credentials(person.email, "a wrong guess"), options)
        )
        const answers = yield* Effect.replicateEffect(guess, 6)
        expect(answers.map(({ _tag }) => _tag)).toEqual([
          ...Array.from({ length: 5 }, () => "IdempotencyKeyReused"),
          "Throttled"
        ])
      })
    )

    it.effect("is limited like any other once its letter's link has expired", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        const sql = yield* SqlClient.SqlClient
        const person = credentials("slow@example.com")
        const options = { idempotencyKey: key("of-a-slow-client") }
        yield* accounts.requestSignUp(person, options)
        yield* Effect.replicateEffect(accounts.requestSignUp(person), 4)
        yield* sql`update sign_up_requests set expires = now() where email = ${person.email}`
        expect((yield* Effect.flip(accounts.requestSignUp(person, options)))._tag).toBe("Throttled")
      })
    )
  }
)
