import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { asvsPage, gaps, unaligned } from "../../scripts/AsvsPage.ts"

describe("docs/asvs.md", () => {
  it("has every requirement in scope once: with a test, or with a reason why not", () => {
    assert.deepStrictEqual(gaps(), [])
  })

  it("is as the tests are named: `npm run asvs`", () => {
    const page = readFileSync(new URL("../../docs/asvs.md", import.meta.url), "utf8")
    assert.strictEqual(unaligned(page), unaligned(asvsPage()))
  })
})
