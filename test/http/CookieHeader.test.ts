import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Option } from "effect"
import * as AdminCookie from "../../src/admin/AdminCookie.ts"
import { valuesIn } from "../../src/http/CookieHeader.ts"
import * as SessionCookie from "../../src/http/SessionCookie.ts"

/** What a header may hold as Node reads it, byte by byte, but for what ends a pair and what is blank. */
const byte = FastCheck.integer({ min: 0x21, max: 0xff })
  .map((code) => String.fromCharCode(code))
  .filter((character) => character !== ";")

const blanks = FastCheck.array(FastCheck.constantFrom(" ", "\t")).map((all) => all.join(""))

describe("a cookie in a header", () => {
  it.prop("has its very name: with a byte before it, it is another's", [byte], ([before]) => {
    assert.deepStrictEqual(valuesIn(`${before}__Host-session=planted`, "__Host-session"), [])
  })

  it.prop("may have blanks round it", [blanks, blanks], ([before, after]) => {
    const header = `a=b;${before}__Host-session=mine${after};c=d`
    assert.deepStrictEqual(valuesIn(header, "__Host-session"), ["mine"])
  })

  it("is not what goes round its prefix by the byte A0, which JavaScript takes for a blank", () => {
    const planted = (name: string) => `\u00a0${name}=planted; a=b`
    assert.isTrue(Option.isNone(SessionCookie.read(planted("__Host-session"))))
    assert.strictEqual(AdminCookie.read(planted("__Host-admin")), "")
    const beside = `__Host-session=mine; ${planted("__Host-session")}`
    assert.deepStrictEqual(SessionCookie.read(beside), Option.some("mine"))
  })

  it("is found in time that grows with the header, not with the square of its blanks", () => {
    const header = `a=${" ".repeat(300_000)}b; __Host-session=mine`
    assert.deepStrictEqual(valuesIn(header, "__Host-session"), ["mine"])
  })
})
