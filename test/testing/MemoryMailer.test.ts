import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Option, Redacted } from "effect"
import { Mailer, MailRefused } from "../../src/mail/index.ts"
import { MemoryMailer } from "../../src/testing/index.ts"

const write = (to: string) =>
  Effect.flatMap(Mailer, ({ send }) => send({ to, subject: "Hello", text: Redacted.make("abc") }))

describe("MemoryMailer", () => {
  it.effect("keeps every mail in order, and gives each once", () =>
    Effect.gen(function* () {
      const { next, received } = yield* MemoryMailer
      yield* write("a@example.com")
      yield* write("b@example.com")
      const expected = { to: "a@example.com", subject: "Hello", text: "abc" }
      assert.deepStrictEqual(yield* next, expected)
      assert.strictEqual((yield* next).to, "b@example.com")
      assert.deepStrictEqual(
        (yield* received).map(({ to }) => to),
        ["a@example.com", "b@example.com"]
      )
    }).pipe(Effect.provide(MemoryMailer.layer))
  )

  it.effect("lets a test wait for a mail that is yet to come", () =>
    Effect.gen(function* () {
      const { next } = yield* MemoryMailer
      const reader = yield* Effect.fork(next)
      yield* Effect.yieldNow()
      yield* write("a@example.com")
      assert.strictEqual((yield* Fiber.join(reader)).to, "a@example.com")
    }).pipe(Effect.provide(MemoryMailer.layer))
  )

  it.effect("refuses what it is told to refuse, until it is told otherwise", () =>
    Effect.gen(function* () {
      const { received, refuse } = yield* MemoryMailer
      const refusal = new MailRefused({ message: "No.", isRetryable: true })
      yield* refuse(Option.some(refusal))
      assert.strictEqual(yield* Effect.flip(write("a@example.com")), refusal)
      assert.deepStrictEqual(yield* received, [])
      yield* refuse(Option.none())
      yield* write("a@example.com")
      assert.strictEqual((yield* received).length, 1)
    }).pipe(Effect.provide(MemoryMailer.layer))
  )
})
