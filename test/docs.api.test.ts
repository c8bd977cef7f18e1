import { readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { page } from "../scripts/ApiPage.ts"

describe("the public surface", () => {
  const surface = page()

  it("is what docs/api.md lists; `npm run api` writes it", () => {
    const written = readFileSync(new URL("../docs/api.md", import.meta.url), "utf8")
    assert.strictEqual(written, surface)
  })

  it("has a sentence for each thing that is exported, and for each part of it", () => {
    const silent = surface.split("\n").filter((line) => /^ *- `.*\((?!module).*\)$/.test(line))
    assert.deepStrictEqual(silent, [])
  })

  it("tells of each in a sentence that stands by itself: the list is sorted", () => {
    const leaning = surface
      .split("\n")
      .filter((line) => /\): (The same\b|From now on\b|As above)/.test(line))
    assert.deepStrictEqual(leaning, [])
  })
})
