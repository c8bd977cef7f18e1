import { existsSync, readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { proxyFaultKinds, serverFaultKinds } from "../src/testing/FaultKinds.ts"

const root = new URL("../", import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), "utf8")
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "docs/testing.md",
  "docs/security.md",
  "docs/asvs.md"
]

describe("the documents", () => {
  it.each(pages)("%s links and refers only to what exists", (page) => {
    const text = read(page)
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => path ?? "")
    const files = [...text.matchAll(/`((?:src|test|examples|http|auth|sql|pool)\/[\w/.*]+)`/g)]
      .map(([, path]) => path ?? "")
      .filter((path) => !path.includes("*") && path !== "http/protobuf")
      .map((path) => (/^(src|test|examples)\//.test(path) ? path : `src/${path}`))
    const targets = [
      ...links.map((path) => new URL(path, new URL(page, root))),
      ...files.map((path) => new URL(path, root))
    ]
    for (const target of targets) {
      assert.isTrue(existsSync(target), `${page} names ${target.pathname}`)
    }
  })

  it("ARCHITECTURE.md draws every floor", () => {
    const text = read("ARCHITECTURE.md")
    for (const entry of readdirSync(new URL("src", root), { withFileTypes: true })) {
      if (entry.isDirectory()) assert.include(text, `\n  ${entry.name}/`)
    }
  })

  it.each(["README.md", "docs/testing.md"])("%s shows the examples as they are", (page) => {
    const text = read(page)
    const shown = [...text.matchAll(/<!-- example: (\S+) -->\n\n```ts\n([\s\S]*?)```/g)]
    assert.isAbove(shown.length, 0)
    for (const [, path, code] of shown) assert.strictEqual(code, read(path ?? ""))
  })

  it("docs/testing.md names every fault", () => {
    const text = read("docs/testing.md")
    for (const kind of [...proxyFaultKinds, ...serverFaultKinds]) {
      assert.include(text, `{ _tag: "${kind}"`)
    }
  })

  it("package.json exports only what the build makes", () => {
    const { exports } = JSON.parse(read("package.json")) as {
      readonly exports: Readonly<Record<string, string | { readonly import: string }>>
    }
    for (const target of Object.values(exports)) {
      const path = typeof target === "string" ? target : target.import
      const source = path.replace("./dist/", "./src/").replace(/\.js$/, ".ts")
      assert.isTrue(existsSync(new URL(source, root)), source)
    }
  })
})
