import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import * as Payloads from "../../src/http/AccountPayloads.ts"
import { fieldIssues } from "../../src/http/FieldIssues.ts"

const schemas: Readonly<Record<string, Schema.Schema.AnyNoContext>> = Payloads

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
  it.effect.each(Object.keys(schemas))(
    "%s needs each of its fields, and says which is missing",
    (name) =>
      Effect.gen(function* () {
        const schema = schemas[name] ?? Schema.Never
        const decoded: object = yield* decode(schema)(whole)
        const fields = Object.keys(decoded)
        const { issue } = yield* Effect.flip(decode(schema)({}))
        assert.deepStrictEqual(
          fieldIssues(issue),
          fields.map((field) => ({ field, message: "is missing" }))
        )
      })
  )

  it.effect.each(Object.keys(schemas))("%s never shows or quotes a secret", (name) =>
    Effect.gen(function* () {
      const schema = schemas[name] ?? Schema.Never
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
      const { email } = yield* Schema.decodeUnknown(Payloads.ResetRequest)(whole)
      assert.strictEqual(email, "reader@example.com")
      const { newPassword, token } = yield* Schema.decodeUnknown(Payloads.ResetPassword)(whole)
      assert.deepStrictEqual([newPassword, token].map(Redacted.value), ["TestPass123", "abc"])
    })
  )
})
