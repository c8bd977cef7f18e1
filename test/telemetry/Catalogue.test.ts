import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { forgotten, page } from "../../scripts/MetricsPage.ts"

/** Without the spaces that align columns. */
const packed = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---")

describe("the catalogue of metrics", () => {
  it("has every metric of the code, and no other", () => {
    assert.deepStrictEqual(forgotten(), [])
    assert.notInclude(page(), "Not in the code.")
  })

  it("is what docs/metrics.md says; `npm run metrics` writes it", () => {
    const written = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8")
    assert.strictEqual(packed(written), packed(page()))
  })
})
