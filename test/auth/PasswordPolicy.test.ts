import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { BreachedPasswords } from "../../src/auth/BreachedPasswords.ts"
import { Password } from "../../src/auth/Password.ts"
import { PasswordPolicy } from "../../src/auth/PasswordPolicy.ts"

const password = (text: string) => Password.make(Redacted.make(text))

const check = (text: string, minLength?: number) =>
  PasswordPolicy.pipe(
    Effect.flatMap((policy) => policy.check(password(text))),
    Effect.provide(Layer.provide(PasswordPolicy.layer({ minLength }), BreachedPasswords.none))
  )

describe("PasswordPolicy", () => {
  it.effect("lets a password pass that is neither short nor common nor breached", () =>
    Effect.gen(function* () {
      yield* check("TestPass123")
      yield* check("SecurePass123")
      yield* check("correct horse battery staple", 15)
    })
  )

  it.effect("holds where nobody has provided any", () =>
    Effect.gen(function* () {
      const { check } = yield* PasswordPolicy
      yield* check(password("TestPass123"))
      assert.match((yield* Effect.flip(check(password("password1")))).message, /most common/)
    })
  )

  it.effect("refuses a common password and says so", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(check("iloveyou"))
      assert.strictEqual(message, "is one of the 10,000 most common passwords")
    })
  )

  it.effect("counts characters, not units, and in one form of Unicode", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(check("é".repeat(14).normalize("NFD"), 15))
      assert.strictEqual(message, "must be at least 15 characters long")
      yield* Effect.flip(check("😀".repeat(14), 15))
      yield* check("é".repeat(15).normalize("NFD"), 15)
    })
  )

  it.effect("refuses a breached password, asking only about what passes the other rules", () =>
    Effect.gen(function* () {
      const asked: Array<string> = []
      const breached = Layer.succeed(BreachedPasswords, {
        check: (given) =>
          Effect.sync(() => {
            asked.push(Redacted.value(given))
            return true
          })
      })
      const { check } = yield* Effect.provide(
        PasswordPolicy,
        Layer.provide(PasswordPolicy.layer(), breached)
      )
      const { message } = yield* Effect.flip(check(password("TestPass123")))
      assert.match(message, /data breach/)
      yield* Effect.flip(check(password("password")))
      assert.deepStrictEqual(asked, ["TestPass123"])
    })
  )
})
