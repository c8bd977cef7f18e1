import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck, Schema } from "effect"
import { Password } from "../../src/auth/Password.ts"

const decode = Schema.decodeUnknownEither(Password)

const isAccepted = (text: unknown) => Either.isRight(decode(text))

describe("a password", () => {
  it.prop(
    "is accepted or refused by its number of characters, not of bytes or UTF-16 units",
    [FastCheck.integer({ min: 0, max: 300 }), FastCheck.constantFrom("a", "é", "語", "😀")],
    ([length, character]) => {
      expect(isAccepted(character.repeat(length))).toBe(length >= 8 && length <= 256)
    }
  )

  it.prop(
    "gets the same verdict in both forms of Unicode",
    [FastCheck.string({ unit: "grapheme", maxLength: 20 })],
    ([text]) => {
      expect(isAccepted(text.normalize("NFD"))).toBe(isAccepted(text.normalize("NFC")))
    }
  )

  it("may have 256 characters that each arrive as four code points", () => {
    expect(isAccepted("ᾂ".repeat(256).normalize("NFD"))).toBe(true)
    expect(isAccepted("ᾂ".repeat(257).normalize("NFD"))).toBe(false)
  })

  it("needs no mixture of characters: a sentence will do, and so will spaces", () => {
    expect(isAccepted("correct horse battery staple")).toBe(true)
    expect(isAccepted("        ")).toBe(true)
    expect(isAccepted("TestPass123")).toBe(true)
  })

  it.each([
    ["a NUL character", "eight\0chars"],
    ["a lone surrogate", "eight\ud83dchars"],
    ["a megabyte, without normalising it", "e\u0301".repeat(350_000)],
    ["a number", 1234567890],
    ["nothing", null]
  ])("is refused when it is or has %s", (_, given) => {
    expect(isAccepted(given)).toBe(false)
  })

  it.prop(
    "is never quoted in the error",
    [
      FastCheck.constantFrom<unknown>(
        "canary",
        "canary\0canary",
        "canary\ud83d",
        "canary".repeat(100),
        ["canary"],
        { canary: "canary" }
      )
    ],
    ([given]) => {
      const error = Either.getOrThrow(Either.flip(decode(given)))
      expect(error.message).toMatch(/must/)
      expect(`${error.message} ${String(error)} ${JSON.stringify(error)}`).not.toMatch(/canary/)
    }
  )

  it.prop("does not show in text or JSON", [Arbitrary.make(Password)], ([password]) => {
    expect(`${password} ${JSON.stringify({ password })}`).toBe(
      '<redacted> {"password":"<redacted>"}'
    )
  })
})
