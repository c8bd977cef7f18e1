import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { commonPasswordList } from "../../src/auth/CommonPasswordList.ts"
import { isCommon } from "../../src/auth/CommonPasswords.ts"
import { Password } from "../../src/auth/Password.ts"

const words = commonPasswordList.trim().split(/\s+/)

const password = (text: string) => Password.make(Redacted.make(text))

describe("the list of common passwords", () => {
  it("has 10,000 passwords, each once and long enough to be chosen otherwise", () => {
    assert.strictEqual(words.length, 10_000)
    assert.strictEqual(new Set(words).size, 10_000)
    for (const word of words) assert.isAtLeast([...word].length, 8, word)
  })

  it("has them in the form in which passwords are compared", () => {
    for (const word of words) assert.strictEqual(word.normalize("NFC"), word)
  })

  it.each(["password", "12345678", "qwertyuiop", "iloveyou", "Password1", "1q2w3e4r5t"])(
    "has %s",
    (text) => {
      assert.isTrue(isCommon(password(text)))
    }
  )

  it("is compared in the form that is hashed: the Kelvin sign is a K", () => {
    assert.isTrue(isCommon(password("Kordell1")))
    assert.isTrue(isCommon(password("\u212Aordell1")))
  })

  it.each(["TestPass123", "SecurePass123", "WrongPass123", "correct horse battery staple"])(
    "does not have %s",
    (text) => {
      assert.isFalse(isCommon(password(text)))
    }
  )

  it.each(["PasSword", "passwordd", " password", "password "])(
    "refuses exact matches only: not %j",
    (text) => {
      assert.isFalse(isCommon(password(text)))
    }
  )
})
