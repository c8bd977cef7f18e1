import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { isAddress, parseMailbox } from "../../src/mail/Mailbox.ts"

describe("MAIL_FROM", () => {
  it.each([
    ["a@example.com", "", "a@example.com"],
    ["Holdfast <a@example.com>", "Holdfast", "a@example.com"],
    ['"Hold, fast" <a@example.com>', "Hold, fast", "a@example.com"],
    ["<a@example.com>", "", "a@example.com"],
    ["Bücher <büro@bücher.example>", "Bücher", "büro@bücher.example"]
  ])("%s is a name and an address", (text, name, address) => {
    assert.deepStrictEqual(parseMailbox(text), { name, address })
  })

  it.each(["", "a", "a@", "@b", "a@b, c@d", "A <a@b> <c@d>", "A <a@b", "A\r\nBcc: c@d <a@b>"])(
    "%j is neither an address nor a name with one",
    (text) => {
      assert.isUndefined(parseMailbox(text))
    }
  )

  it.prop(
    "nothing that could end a line, a path or an address has a place in an address",
    [
      FastCheck.constantFrom(...' \t\r\n\0\u2028,;:<>()"\\@'),
      FastCheck.integer({ min: 0, max: "reader@example.com".length })
    ],
    ([character, at]) => {
      const address = "reader@example.com"
      assert.isTrue(isAddress(address))
      assert.isFalse(isAddress(address.slice(0, at) + character + address.slice(at)))
    }
  )
})
