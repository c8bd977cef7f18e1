import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const source = new URL("../../src/", import.meta.url)

describe("the service", () => {
  it("imports neither the command line nor its library", () => {
    const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
      (path) => path.endsWith(".ts") && !path.startsWith("cli")
    )
    assert.include(files, "Service.ts")
    for (const path of files) {
      const text = readFileSync(new URL(path, source), "utf8")
      assert.notMatch(text, /from "(@effect\/cli|[^"]*\/cli\/)/, path)
    }
  })
})
