import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import {
  ChangeEmail,
  ChangePassword,
  DeleteAccount,
  ResetPassword,
  ResetRequest,
  VerifyEmail
} from "../../src/http/AccountPayloads.ts"
import { fieldIssues } from "../../src/http/FieldIssues.ts"

const payloads: ReadonlyArray<readonly [string, Schema.Schema.AnyNoContext]> = Object.entries({
  ChangeEmail,
  ChangePassword,
  DeleteAccount,
  ResetPassword,
  ResetRequest,
  VerifyEmail
})

const decode = (schema: Schema.Schema.AnyNoContext) =>
  Schema.decodeUnknown(schema, { errors: "all" })

const whole = {
  currentPassword: "OldPass123",
  newPassword: "TestPass123",
  password: "TestPass123",
  email: " Reader@Example.com",
  newEmail: "new@example.com",
  token: "abc"
}

describe("payloads about accounts", () => {
  it.effect.each(payloads)("%s needs each of its fields, and says which is missing", ([, schema]) =>
    Effect.gen(function* () {
      const decoded: object = yield* decode(schema)(whole)
      const fields = Object.keys(decoded)
      const { issue } = yield* Effect.flip(decode(schema)({}))
      assert.deepStrictEqual(
        fieldIssues(issue),
        fields.map((field) => ({ field, message: "is missing" }))
      )
    })
  )

  it.effect.each(payloads)("%s never shows or quotes a secret", ([, schema]) =>
    Effect.gen(function* () {
      const canaries = Object.fromEntries(Object.keys(whole).map((field) => [field, "c4n4ry"]))
      const outcome = yield* Effect.either(decode(schema)(canaries))
      const shown =
        outcome._tag === "Left"
          ? JSON.stringify(fieldIssues(outcome.left.issue))
          : JSON.stringify(outcome.right)
      assert.notInclude(shown, "c4n4ry")
    })
  )

  it.effect("addresses become canonical, and passwords and tokens are redacted", () =>
    Effect.gen(function* () {
      const { email } = yield* Schema.decodeUnknown(ResetRequest)(whole)
      assert.strictEqual(email, "reader@example.com")
      const { newPassword, token } = yield* Schema.decodeUnknown(ResetPassword)(whole)
      assert.deepStrictEqual([newPassword, token].map(Redacted.value), ["TestPass123", "abc"])
    })
  )
})
