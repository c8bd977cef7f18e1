import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { LogMailer, Mailer } from "../../src/mail/index.ts"
import { captured } from "../support/Captured.ts"

describe("LogMailer", () => {
  it.effect("shows a mail whole, its link too, and says that nothing was sent", () => {
    const log = captured()
    const text = "Open http://localhost:3000/verify-email#token=abc"
    return Effect.gen(function* () {
      const { send } = yield* Mailer
      yield* send({ to: "reader@example.com", subject: "Confirm", text: Redacted.make(text) })
      assert.strictEqual(log.lines.length, 1)
      const [line] = log.lines
      assert.strictEqual(line?.level, "INFO")
      assert.match(line?.message ?? "", /Nothing was sent/)
      assert.include(line?.message, "reader@example.com")
      assert.include(line?.message, "Confirm")
      assert.include(line?.message, text)
    }).pipe(Effect.provide([LogMailer.layer, log.layer]))
  })
})
