import { readFileSync } from "node:fs"

const root = new URL("../../", import.meta.url)

/** The text of a file, by its path from the root. */
export const read = (path: string): string => readFileSync(new URL(path, root), "utf8")

/** A block of code, and the file that it says it is from. */
export interface CodeBlock {
  readonly language: string
  readonly code: string
  /** `example`: all of the file. `part of`: lines of it. */
  readonly source: { readonly kind: "example" | "part of"; readonly path: string } | undefined
}

/** A link without its words. `path` is from the root; empty anchors are none. */
export interface PageLink {
  readonly path: string
  readonly anchor: string | undefined
}

/** A page of the documentation, taken apart. */
export interface MarkdownPage {
  readonly path: string
  readonly text: string
  /** The text without its blocks of code. */
  readonly prose: string
  readonly blocks: ReadonlyArray<CodeBlock>
  /** What it links to within the repository. */
  readonly links: ReadonlyArray<PageLink>
  /** What can be linked to in it. */
  readonly anchors: ReadonlySet<string>
  /** The cells of all its tables, row by row, without the heads. */
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

const fence = /(?:<!-- (example|part of): (\S+) -->\n\n)?```(\w*)\n([\s\S]*?)```/g

const blocksOf = (text: string): ReadonlyArray<CodeBlock> =>
  [...text.matchAll(fence)].map(([, kind, path, language = "", code = ""]) => ({
    language,
    code,
    source: kind === "example" || kind === "part of" ? { kind, path: path ?? "" } : undefined
  }))

const linksOf = (page: string, prose: string): ReadonlyArray<PageLink> =>
  [...prose.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)].map(([, path = "", anchor]) => ({
    path: path === "" ? page : new URL(path, new URL(page, "file:///")).pathname.slice(1),
    anchor
  }))

/** As GitHub makes an anchor of a heading. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")

const anchorsOf = (prose: string): ReadonlySet<string> =>
  new Set([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => slug(heading)))

const isRule = (row: string) => /^\|[\s:|-]+\|$/.test(row)

const rowsOf = (prose: string): MarkdownPage["rows"] => {
  const lines = prose.split("\n")
  return lines
    .filter((line, at) => line.startsWith("|") && !isRule(line) && !isRule(lines[at + 1] ?? ""))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/))
    .map((cells) => cells.map((cell) => cell.trim()))
}

/** Reads a page, by its path from the root. */
export const markdownPage = (path: string): MarkdownPage => {
  const text = read(path)
  const prose = text.replaceAll(fence, "")
  return {
    path,
    text,
    prose,
    blocks: blocksOf(text),
    links: linksOf(path, prose),
    anchors: anchorsOf(prose),
    rows: rowsOf(prose)
  }
}
