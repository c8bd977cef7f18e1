import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Either, FastCheck, Redacted } from "effect"
import { normaliseEmail } from "../../src/auth/Email.ts"
import { Letter } from "../../src/auth/Letter.ts"
import { deliver, type LettersOptions, write } from "../../src/auth/Letters.ts"
import { parsePublicUrl } from "../../src/auth/PublicUrl.ts"
import { MemoryMailer } from "../../src/testing/index.ts"

const recipient = Either.getOrThrow(normaliseEmail("reader@example.com"))
const publicUrl = Either.getOrThrow(parsePublicUrl("https://app.example.com/account/"))
const token = Redacted.make("c4n4ry-token")

const proof = { recipient, token, lifetime: Duration.hours(24) }

const proofs = [
  Letter.VerifyEmail(proof),
  Letter.ConfirmSignUp(proof),
  Letter.ConfirmEmailChange(proof),
  Letter.KeepEmail(proof),
  Letter.PasswordReset(proof)
]

const notices = [
  Letter.AlreadySignedUp({ recipient }),
  Letter.AddressTaken({ recipient }),
  Letter.EmailChangeAsked({ recipient }),
  Letter.EmailChanged({ recipient }),
  Letter.EmailTakenBack({ recipient }),
  Letter.PasswordChanged({ recipient }),
  Letter.AccountDeleted({ recipient })
]

const linked: LettersOptions = { publicUrl }
const bare: LettersOptions = {}

const textOf = (letter: Letter, options = linked) => Redacted.value(write(letter, options).text)

const secrets = (text: string) => text.split("c4n4ry-token").length - 1

describe("a letter", () => {
  it("goes to the one address it was written for", () => {
    for (const letter of [...proofs, ...notices]) {
      assert.strictEqual(write(letter, bare).to, "reader@example.com")
    }
  })

  it.each(proofs)(
    "$_tag has one link, from the configured address, its token in the fragment",
    (letter) => {
      const text = textOf(letter)
      const links = text.match(/\S+:\/\/\S+/g) ?? []
      assert.strictEqual(links.length, 1)
      const link = new URL(links[0] ?? "")
      assert.strictEqual(link.origin, "https://app.example.com")
      assert.match(link.pathname, /^\/account\/(verify-email|reset-password)$/)
      assert.strictEqual(link.search, "")
      assert.strictEqual(link.hash, "#token=c4n4ry-token")
      assert.strictEqual(secrets(text), 1)
    }
  )

  it("leads to the page that resets only when it is about the password", () => {
    assert.include(textOf(Letter.PasswordReset(proof)), "/reset-password#")
    assert.include(textOf(Letter.VerifyEmail(proof)), "/verify-email#")
  })

  it.each(proofs)(
    "$_tag has the bare token, and what to do with it, without a public URL",
    (letter) => {
      const text = textOf(letter, bare)
      assert.include(text, "enter this code")
      assert.include(text, "\nc4n4ry-token\n")
      assert.notInclude(text, "://")
    }
  )

  it.each(notices)("$_tag has no link and no token", (letter) => {
    assert.notMatch(textOf(letter), /:\/\/|token/)
  })

  it.each([
    [Duration.hours(1), "one hour"],
    [Duration.hours(24), "24 hours"],
    [Duration.days(2), "2 days"],
    [Duration.minutes(30), "30 minutes"],
    [Duration.minutes(90), "90 minutes"],
    [Duration.seconds(119), "one minute"],
    [Duration.seconds(5), "a minute"]
  ])("says how long its token is good for: %s is %s", (lifetime, words) => {
    const sentence = `It works once, within ${words}.`
    assert.include(textOf(Letter.VerifyEmail({ ...proof, lifetime })), sentence)
    assert.include(textOf(Letter.PasswordReset({ ...proof, lifetime })), sentence)
  })

  it.prop(
    "never promises more time than there is",
    [FastCheck.integer({ min: 60, max: 30 * 24 * 3600 })],
    ([seconds]) => {
      const lifetime = Duration.seconds(seconds)
      const text = textOf(Letter.VerifyEmail({ ...proof, lifetime }))
      const [, count = "", unit = ""] = /within (\w+) (minute|hour|day)/.exec(text) ?? []
      const size = unit === "day" ? 86_400 : unit === "hour" ? 3600 : 60
      const promised = (count === "one" ? 1 : Number(count)) * size
      assert.isAtMost(promised, seconds)
      assert.isAbove(promised, seconds / 2)
    }
  )

  it("shows neither its text nor its token when it is logged", () => {
    for (const letter of proofs) {
      const mail = write(letter, linked)
      assert.notInclude(`${JSON.stringify(letter)} ${JSON.stringify(mail)} ${mail.text}`, "c4n4ry")
    }
  })

  it("fits on a screen, in lines that end", () => {
    for (const letter of [...proofs, ...notices]) {
      const text = textOf(letter)
      assert.isBelow(text.length, 600)
      assert.match(text, /\S\n$/)
    }
  })

  it.effect("is delivered by whatever mailer there is", () =>
    Effect.gen(function* () {
      const { next } = yield* MemoryMailer
      yield* deliver(linked)(Letter.PasswordReset({ ...proof, lifetime: Duration.hours(1) }))
      const { subject, text, to } = yield* next
      assert.deepStrictEqual([to, subject], ["reader@example.com", "Reset your password"])
      assert.include(text, "within one hour")
    }).pipe(Effect.provide(MemoryMailer.layer))
  )
})
