import { assert, describe, it } from "@effect/vitest"
import { normaliseEmail } from "../../src/auth/Email.ts"

/** As many characters as a body can have. */
const LONGEST = 16_000

/** The least of some times, which other work on the machine lengthens but never shortens. */
const millisFor = (text: string): number => {
  const times = Array.from({ length: 5 }, () => {
    const begun = performance.now()
    normaliseEmail(text)
    return performance.now() - begun
  })
  return Math.min(...times)
}

describe("reading an address", () => {
  it("takes no longer than reading it once, whatever is in it: it is done before any limit", () => {
    for (const text of [
      `a${" ".repeat(LONGEST)}b@example.com`,
      `${" ".repeat(LONGEST)}b@example.com${" ".repeat(LONGEST)}c`,
      `${"a.".repeat(LONGEST / 2)}@example.com`,
      `a@${"a.".repeat(LONGEST / 2)}com`,
      "@".repeat(LONGEST)
    ]) {
      assert.isBelow(millisFor(text), 10)
    }
  })
})
