import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, Either, FastCheck, ParseResult, Schema } from "effect"
import { CanonicalEmail, Email, normaliseEmail } from "../../src/auth/Email.ts"

const canonical = Arbitrary.make(CanonicalEmail)

const isAccepted = (text: string) => Either.isRight(normaliseEmail(text))

describe("normalisation of addresses", () => {
  it.prop("leaves a canonical address as it is", [canonical], ([address]) => {
    expect(normaliseEmail(address)).toEqual(Either.right(address))
  })

  it.prop(
    "is idempotent on whatever it accepts",
    [
      FastCheck.string({ unit: FastCheck.constantFrom(..."aZ0.+-_'{ü "), maxLength: 8 }),
      FastCheck.string({
        // Letters that UTS 46 lowers, composes, widens, drops, or takes for a dot.
        unit: FastCheck.constantFrom(..."aZ0-.üÜßΣςİſK語ａ\u0308\u00ad\u200d。．①Ⅳ"),
        maxLength: 8
      })
    ],
    ([local, domain]) => {
      const once = normaliseEmail(`${local}@${domain}.com`)
      expect(Either.flatMap(once, normaliseEmail)).toEqual(once)
    },
    { fastCheck: { numRuns: 5_000 } }
  )

  it.prop(
    "gives one spelling per mailbox, whatever the case and the spaces around",
    [canonical, FastCheck.infiniteStream(FastCheck.boolean()), FastCheck.nat(3), FastCheck.nat(3)],
    ([address, cases, before, after]) => {
      const recased = [...address].map((letter) =>
        cases.next().value === true ? letter.toUpperCase() : letter
      )
      const spelling = " ".repeat(before) + recased.join("") + " ".repeat(after)
      expect(normaliseEmail(spelling)).toEqual(Either.right(address))
    }
  )

  it.prop(
    "never lets anything out that could be a second address, a header or another host",
    [FastCheck.string({ unit: "binary" }), FastCheck.string({ unit: "binary" })],
    ([local, domain]) => {
      Either.map(normaliseEmail(`${local}@${domain}`), (address) => {
        expect(address).toMatch(/^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9.-]+$/)
      })
    },
    { fastCheck: { numRuns: 2_000 } }
  )

  it.each([
    ["Test@Example.com", "test@example.com"],
    ["o'brien+news@example.co.uk", "o'brien+news@example.co.uk"],
    ["info@Bücher.DE", "info@xn--bcher-kva.de"],
    ["info@BU\u0308CHER.de", "info@xn--bcher-kva.de"],
    ["info@XN--BCHER-KVA.de", "info@xn--bcher-kva.de"],
    ["info@例え。テスト", "info@xn--r8jz45g.xn--zckzah"],
    ["info@ｅｘａｍｐｌｅ.com", "info@example.com"]
  ])("spells %j as %j", (given, expected) => {
    expect(normaliseEmail(given)).toEqual(Either.right(expected))
  })
})

describe("what is no address", () => {
  it.each([
    ["nothing", ""],
    ["no at sign", "example.com"],
    ["no local part", "@example.com"],
    ["no domain", "a@"],
    ["a list with a comma (CVE-2022-35924)", "attacker@a.com,victim@b.com"],
    ["a list with a semicolon", "attacker@a.com;victim@b.com"],
    ["a list with a space", "attacker@a.com victim@b.com"],
    ["a second at sign", "attacker@a.com@b.com"],
    ["a display name", "Victim <victim@b.com>"],
    ["angle brackets", "<victim@b.com>"],
    ["a quoted local part", '"a b"@example.com'],
    ["a comment", "a(b)@example.com"],
    ["a line break inside", "a@example.com\r\nBcc: victim@b.com"],
    ["a line break at the end", "a@example.com\r\n"],
    ["a tab at the end", "a@example.com\t"],
    ["a NUL", "a\0@example.com"],
    ["a dotless i (CVE-2019-19844)", "mıke@example.org"],
    ["a Kelvin sign", "mi\u212ae@example.org"],
    ["a no-break space", "a\u00a0@example.com"],
    ["a dot at the start", ".a@example.com"],
    ["two dots", "a..b@example.com"],
    ["a dot at the end", "a.@example.com"],
    ["a domain without a dot", "a@localhost"],
    ["a domain that ends with a dot", "a@example.com."],
    ["an empty label", "a@example..com"],
    ["a label that begins with a hyphen", "a@-example.com"],
    ["a label that ends with a hyphen", "a@example-.com"],
    ["an underscore in the domain", "a@ex_ample.com"],
    ["an address of the internet protocol", "a@127.0.0.1"],
    ["the same in another notation", "a@0x7f.1"],
    ["an address literal", "a@[127.0.0.1]"],
    ["a port", "a@example.com:25"],
    ["a path", "a@example.com/b"],
    ["a percent sign in the domain", "a@ex%61mple.com"],
    ["punycode that decodes to nothing", "a@xn--a.de"],
    ["a label of 64 characters", `a@${"b".repeat(64)}.com`],
    ["a local part of 65 characters", `${"a".repeat(65)}@example.com`],
    ["255 characters", `a@${`${"b".repeat(49)}.`.repeat(5)}com`],
    ["a domain that is too long only in ASCII", `a@${`${"ü".repeat(56)}.`.repeat(4)}com`]
  ])("refuses %s", (_, text) => {
    expect(isAccepted(text)).toBe(false)
  })

  it("is not found one character below the limits", () => {
    expect(isAccepted(`${"a".repeat(64)}@${"b".repeat(63)}.com`)).toBe(true)
    expect(isAccepted(`a@${`${"b".repeat(49)}.`.repeat(5)}co`)).toBe(true)
  })

  it.prop(
    "is never quoted in the error",
    [
      FastCheck.oneof(
        FastCheck.string().map((text) => `canary${text}`),
        FastCheck.record({ canary: FastCheck.string() }),
        FastCheck.tuple(FastCheck.constant("canary"))
      )
    ],
    ([given]) => {
      const error = Schema.decodeUnknownEither(Email, { errors: "all" })(given).pipe(Either.flip)
      const message = Either.getOrThrow(error).message
      expect(message).toMatch(/must/)
      expect(message).not.toMatch(/canary/)
      expect(ParseResult.ArrayFormatter.formatErrorSync(Either.getOrThrow(error))).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/^must (?!.*canary)/) })
      ])
    }
  )
})
