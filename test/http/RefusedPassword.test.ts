import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { EmailTaken } from "../../src/auth/AuthError.ts"
import { Password } from "../../src/auth/Password.ts"
import { PasswordPolicy } from "../../src/auth/PasswordPolicy.ts"
import { asIssueOf } from "../../src/http/RefusedPassword.ts"

describe("a password that must not be chosen", () => {
  it.effect("is told of like any other field that is wrong", () =>
    Effect.gen(function* () {
      const { check } = yield* PasswordPolicy
      const chosen = check(Password.make(Redacted.make("iloveyou")))
      const error = yield* Effect.flip(asIssueOf("newPassword")(chosen))
      assert.deepStrictEqual(error.issues, [
        { field: "newPassword", message: "is one of the 10,000 most common passwords" }
      ])
      assert.strictEqual(
        error.message,
        "The body is not valid. newPassword: is one of the 10,000 most common passwords."
      )
    })
  )

  it.effect("other errors stay as they are", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(asIssueOf("password")(Effect.fail(new EmailTaken())))
      assert.strictEqual(error._tag, "EmailTaken")
    })
  )
})
