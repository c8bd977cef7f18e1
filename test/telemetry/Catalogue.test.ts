import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { forgotten, page } from "../../scripts/MetricsPage.ts"

/** Without the spaces that align columns. */
const packed = (text: string) => text.replace(/ +/g, " ").replace(/-{3,}/g, "---")

const root = new URL("../../", import.meta.url)

const textOf = (path: string) => readFileSync(new URL(path, root), "utf8")

const makesMetrics = (path: string) =>
  /Metric\.(counter|gauge|histogram|timer|summary|frequency)\w*\(/.test(textOf(path))

describe("the catalogue of metrics", () => {
  it("looks into every file that makes one", () => {
    const files = readdirSync(new URL("src", root), { recursive: true, encoding: "utf8" })
    const makers = files
      .map((name) => `src/${name}`)
      .filter((path) => path.endsWith(".ts") && makesMetrics(path))
    const catalogued = textOf("scripts/MetricsPage.ts")
    assert.isNotEmpty(makers)
    for (const path of makers) assert.include(catalogued, `"../${path}"`)
  })

  it("has every metric of the code, and no other", () => {
    assert.deepStrictEqual(forgotten(), [])
    assert.notInclude(page(), "Not in the code.")
  })

  it("is what docs/metrics.md says; `npm run metrics` writes it", () => {
    const written = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8")
    assert.strictEqual(packed(written), packed(page()))
  })
})
