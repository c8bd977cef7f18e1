import { assert, describe, it } from "@effect/vitest"
import { Duration, Either, FastCheck, Option, Redacted } from "effect"
import { normaliseEmail } from "../../src/auth/Email.ts"
import { Letter, write } from "../../src/auth/Letters.ts"
import { parsePublicUrl } from "../../src/auth/PublicUrl.ts"

const to = Either.getOrThrow(normaliseEmail("reader@example.com"))
const publicUrl = Either.getOrThrow(parsePublicUrl("https://app.example.com/account/"))
const token = Redacted.make("c4n4ry-token")

const proof = { to, token, expiresIn: Duration.hours(24) }

const proofs = [
  Letter.VerifyEmail(proof),
  Letter.ConfirmSignUp(proof),
  Letter.ConfirmEmailChange(proof),
  Letter.PasswordReset(proof)
]

const notices = [
  Letter.AlreadySignedUp({ to }),
  Letter.AddressTaken({ to }),
  Letter.EmailChangeAsked({ to }),
  Letter.PasswordChanged({ to })
]

const textOf = (letter: Letter, url = Option.some(publicUrl)) =>
  Redacted.value(write(letter, url).text)

const secrets = (text: string) => text.split("c4n4ry-token").length - 1

describe("a letter", () => {
  it("goes to the one address it was written for", () => {
    for (const letter of [...proofs, ...notices]) {
      assert.strictEqual(write(letter, Option.none()).to, "reader@example.com")
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
      const text = textOf(letter, Option.none())
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
  ])("says how long its token is good for: %s is %s", (expiresIn, words) => {
    const text = textOf(Letter.VerifyEmail({ ...proof, expiresIn }))
    assert.include(text, `It works once, within ${words}.`)
  })

  it.prop(
    "never promises more time than there is",
    [FastCheck.integer({ min: 60, max: 30 * 24 * 3600 })],
    ([seconds]) => {
      const text = textOf(Letter.VerifyEmail({ ...proof, expiresIn: Duration.seconds(seconds) }))
      const [, count = "", unit = ""] = /within (\w+) (minute|hour|day)/.exec(text) ?? []
      const size = unit === "day" ? 86_400 : unit === "hour" ? 3600 : 60
      const promised = (count === "one" ? 1 : Number(count)) * size
      assert.isAtMost(promised, seconds)
      assert.isAbove(promised, seconds / 2)
    }
  )

  it("shows neither its text nor its token when it is logged", () => {
    for (const letter of proofs) {
      const mail = write(letter, Option.some(publicUrl))
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
})
