import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Either, Schema } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { EmailTaken, IdempotencyKeyReused } from "../../src/auth/AuthError.ts"
import { IdempotencyKey } from "../../src/auth/IdempotencyKey.ts"
import { credentials } from "./Credentials.ts"
import { isLive, kindsOf, sessionsOf } from "./Events.ts"
import { authWithMail } from "./Mailbox.ts"

const key = (text: string) => Schema.decodeSync(IdempotencyKey)(text)

const signUp = (name: string, keyText: string, password?: string) =>
  Effect.flatMap(Accounts, (accounts) =>
    accounts.signUp(credentials(`${name}@example.com`, password), {
      idempotencyKey: key(keyText)
    })
  )

layer(authWithMail, { excludeTestServices: true, timeout: "1 minute" })(
  "a sign-up with an Idempotency-Key",
  (it) => {
    it.effect("sent again gives the same user, a session that works, and no second user", () =>
      Effect.gen(function* () {
        const first = yield* signUp("same", "key-same")
        const second = yield* signUp("same", "key-same")
        expect(second.user).toEqual(first.user)
        expect(second.session.id).not.toBe(first.session.id)
        expect(yield* isLive(first.sessionToken)).toBe(true)
        expect(yield* isLive(second.sessionToken)).toBe(true)
        expect(yield* kindsOf(first.user.id)).toEqual(["sign-up", "sign-up-repeated"])
      })
    )

    it.effect("sent twenty times at once makes one user, and gives everyone a session", () =>
      Effect.gen(function* () {
        const answers = yield* Effect.all(
          Array.from({ length: 20 }, () => signUp("once", "key-once")),
          { concurrency: "unbounded" }
        )
        const [id, ...others] = new Set(answers.map(({ user }) => user.id))
        expect(others).toEqual([])
        for (const { sessionToken } of answers) expect(yield* isLive(sessionToken)).toBe(true)
        if (id !== undefined) expect(yield* sessionsOf(id)).toHaveLength(20)
      })
    )

    it.effect.each([
      ["another password", "different", "another pass"],
      ["another address", "different-address", undefined]
    ] as const)("is refused when it comes with %s", ([_, name, password]) =>
      Effect.gen(function* () {
        yield* Effect.ignore(signUp("different", "key-different"))
        expect(yield* Effect.flip(signUp(name, "key-different", password))).toEqual(
          new IdempotencyKeyReused()
        )
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql`select id from users where email like 'different%'`
        expect(rows).toHaveLength(1)
      })
    )

    it.effect(
      "of which one address each is sent at once, makes one user and refuses the rest",
      () =>
        Effect.gen(function* () {
          const answers = yield* Effect.all(
            Array.from({ length: 20 }, (_, index) =>
              Effect.either(signUp(`contender-${index}`, "key-contended"))
            ),
            { concurrency: "unbounded" }
          )
          const refused = answers.flatMap((it) => (Either.isLeft(it) ? [it.left] : []))
          expect(refused).toEqual(Array.from({ length: 19 }, () => new IdempotencyKeyReused()))
        })
    )

    it.effect("finds its address taken by a sign-up without it, or with another", () =>
      Effect.gen(function* () {
        const accounts = yield* Accounts
        yield* accounts.signUp(credentials("taken@example.com"))
        expect(yield* Effect.flip(signUp("taken", "key-taken"))).toEqual(new EmailTaken())
        yield* signUp("keyed", "key-one")
        expect(yield* Effect.flip(signUp("keyed", "key-two"))).toEqual(new EmailTaken())
        expect(yield* Effect.flip(accounts.signUp(credentials("keyed@example.com")))).toEqual(
          new EmailTaken()
        )
      })
    )

    it.effect("does not store it", () =>
      Effect.gen(function* () {
        yield* signUp("stored", "canary-key")
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql`select u::text as everything from users u`
        expect(JSON.stringify(rows)).not.toContain("canary-key")
      })
    )
  }
)
