import { existsSync, readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { proxyFaultKinds, serverFaultKinds } from "../src/testing/Fault.ts"
import { markdownPage, read } from "./support/MarkdownPage.ts"

const root = new URL("../", import.meta.url)
const namesIn = (folder: string) => readdirSync(new URL(folder, root))
const pagesIn = (folder: string) =>
  namesIn(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}${name}`)

const folders = ["./", "docs/", "docs/decisions/", "proofs/"]
const pages = folders
  .flatMap(pagesIn)
  .map((path) => path.replace("./", ""))
  .map(markdownPage)
const each = pages.map((page) => [page.path, page] as const)

const exists = (path: string) => existsSync(new URL(path, root))

const floors = namesIn("src/").filter((name) => !name.includes("."))

/** Names of files in backticks; those of a floor's are short for `src/`. */
const files = new RegExp(
  `\`((?:src|test|examples|proofs|bench|docs|deploy|scripts|${floors.join("|")})/[\\w/.-]+\\.\\w+)\``,
  "g"
)
const placeOf = (file: string) =>
  floors.some((floor) => file.startsWith(`${floor}/`)) ? `src/${file}` : file

/** Files in which an example may stand that no other file imports. */
const isRun = (path: string) => {
  if (path.endsWith(".test.ts")) return true
  const name = path.split("/").at(-1) ?? ""
  const runners = namesIn("examples/")
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => `examples/${file}`)
  return [...runners, "vitest.config.ts"].some((file) => read(file).includes(`/${name}"`))
}

const indented = (code: string, by: string) => code.replaceAll(/^(?=.)/gm, by)

describe("the documents", () => {
  it.each(each)("%s links and refers only to what exists", (path, { links, prose }) => {
    for (const link of links) {
      assert.isTrue(exists(link.path), `${path} links to ${link.path}`)
      if (link.anchor === undefined) continue
      const { anchors } = markdownPage(link.path)
      assert.isTrue(anchors.has(link.anchor), `${path} links to ${link.path}#${link.anchor}`)
    }
    for (const [, file = ""] of prose.matchAll(files)) {
      assert.isTrue(exists(placeOf(file)), `${path} names ${file}`)
    }
  })

  it.each(each)("%s has no code that is not compiled and run", (path, { blocks }) => {
    for (const { code, language, source } of blocks) {
      assert.include(["ts", "sh", "json", ""], language, path)
      if (language !== "ts") continue
      if (source === undefined) return assert.fail(`${path} shows code without its source: ${code}`)
      assert.isTrue(isRun(source.path), `${source.path} is no test, and no test imports it`)
      const whole = read(source.path)
      if (source.kind === "example") assert.strictEqual(code, whole)
      else
        assert.isTrue(
          ["", "  ", "    ", "      "].some((by) => whole.includes(indented(code, by))),
          `${source.path} has no such lines as ${path}: ${code}`
        )
    }
  })

  it("ARCHITECTURE.md draws all that lies in src/, and nothing else", () => {
    const drawing = read("ARCHITECTURE.md").match(/^src\/\n((?: {2}.*\n)+)/m)?.[1] ?? ""
    const drawn = [...drawing.matchAll(/^ {2}([\w.]+)/gm)].map(([, name]) => name)
    assert.sameMembers(drawn, namesIn("src/"))
  })

  it("docs/README.md lists every page of its folder, and README.md leads to it", () => {
    const listed = new Set(markdownPage("docs/README.md").links.map(({ path }) => path))
    for (const path of pagesIn("docs/")) {
      if (path !== "docs/README.md") assert.isTrue(listed.has(path), path)
    }
    assert.include(
      markdownPage("README.md").links.map(({ path }) => path),
      "docs/README.md"
    )
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
      assert.isTrue(exists(source), source)
    }
  })

  it("a container's build is sent what its file copies, and nothing else", () => {
    const copied = [...read("deploy/Containerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
      .flatMap(([, sources = ""]) => sources.split(" "))
      .map((path) => path.split("/")[0] ?? "")
    const [first, ...sent] = read(".dockerignore")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
    assert.strictEqual(first, "*")
    assert.sameMembers(
      sent,
      [...new Set(copied)].map((path) => `!${path}`)
    )
  })
})
