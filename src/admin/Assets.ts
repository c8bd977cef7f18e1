import { createHash } from "node:crypto"
import { readdir, readFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import { Effect } from "effect"

/** A file that a page needs, under a path that changes when any of them does. */
export interface Asset {
  readonly path: `/${string}`
  readonly contentType: string
  readonly body: Uint8Array
}

/** The pages and their files. */
export interface Assets {
  readonly files: ReadonlyArray<Asset>
  readonly dashboard: string
  readonly signIn: string
}

// The page is not compiled: its files are where they are in the source, also in the package.
const folder = new URL("../../src/admin/page/", import.meta.url)
const { resolve } = createRequire(import.meta.url)

const plots = ["uPlot.iife.min.js", "uPlot.min.css"]

const contentTypes = new Map([
  ["js", "text/javascript; charset=utf-8"],
  ["css", "text/css; charset=utf-8"]
])

interface Source {
  readonly name: string
  readonly body: Uint8Array
}

const sourceAt = (name: string, url: URL) =>
  Effect.map(
    Effect.promise(() => readFile(url)),
    (body): Source => ({ name, body })
  )

const contentTypeOf = (name: string) => contentTypes.get(name.split(".").at(-1) ?? "")

const sources = Effect.gen(function* () {
  const names = yield* Effect.promise(() => readdir(folder))
  const own = names.filter((name) => contentTypeOf(name) !== undefined).sort()
  return yield* Effect.all([
    ...own.map((name) => sourceAt(name, new URL(name, folder))),
    ...plots.map((name) => sourceAt(name, pathToFileURL(resolve(`uplot/dist/${name}`))))
  ])
})

const page = (name: string, directory: string) =>
  Effect.map(
    Effect.promise(() => readFile(new URL(name, folder), "utf8")),
    (html) => html.replaceAll("{{assets}}", directory)
  )

/** Reads them once. A package without its own files is a defect. */
export const load: Effect.Effect<Assets> = Effect.gen(function* () {
  const all = yield* sources
  const digest = createHash("sha256")
  for (const { body } of all) digest.update(body)
  const directory = `/admin/assets/${digest.digest("hex").slice(0, 16)}` as const
  return {
    files: all.map(({ body, name }) => ({
      path: `${directory}/${name}`,
      contentType: contentTypeOf(name) ?? "",
      body
    })),
    dashboard: yield* page("dashboard.html", directory),
    signIn: yield* page("sign-in.html", directory)
  }
})
