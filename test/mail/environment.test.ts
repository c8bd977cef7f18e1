import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import { smtpEnvironment } from "../../src/mail/environment.ts"

const read = (values: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(
    smtpEnvironment,
    ConfigProvider.fromMap(new Map(Object.entries(values)))
  )

const SMTP_URL = "smtps://user:c4n4ry@smtp.example.com"

describe("the settings of mail", () => {
  it.effect("are absent by default", () =>
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* read({})))
      assert.isTrue(Option.isNone(yield* read({ MAIL_FROM: "a@example.com" })))
    })
  )

  it.effect("are where and from whom, and the password in them does not show", () =>
    Effect.gen(function* () {
      const options = Option.getOrThrow(yield* read({ SMTP_URL, MAIL_FROM: "a@example.com" }))
      assert.strictEqual(Redacted.value(options.url), SMTP_URL)
      assert.strictEqual(options.from, "a@example.com")
      assert.notInclude(JSON.stringify(options), "c4n4ry")
    })
  )

  it.effect("are incomplete without a sender", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(read({ SMTP_URL }))
      assert.match(String(error), /MAIL_FROM/)
      assert.notInclude(String(error), "c4n4ry")
    })
  )
})
