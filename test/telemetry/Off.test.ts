import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const source = (path: string) => new URL(`../../src/${path}`, import.meta.url)

/** Imports that are there whenever the module is. Those of types are gone when it runs. */
const importsOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/^(?:import|export) (?!type )(?:[\w*{},\s]+ from )?"([^"]+)"/gm)].map(
    ([, name = ""]) => name
  )

/** All that is loaded with a module: files of ours, and packages. */
const loadedWith = (entry: URL) => {
  const loaded = new Set<string>()
  const load = (url: URL) => {
    if (loaded.has(url.href)) return
    loaded.add(url.href)
    for (const name of importsOf(readFileSync(url, "utf8"))) {
      if (name.startsWith(".")) load(new URL(name, url))
      else loaded.add(name)
    }
  }
  load(entry)
  return [...loaded]
}

const isTelemetry = (name: string) => /opentelemetry|perf_hooks/.test(name)

describe("a service that is not watched", () => {
  it("loads nothing that would watch it", () => {
    const loaded = loadedWith(source("main.ts"))
    assert.include(loaded, source("telemetry/OtlpHeaders.ts").href)
    assert.isEmpty(loaded.filter(isTelemetry))
    for (const on of ["OtlpExport", "MetricsRoute"]) {
      const file = source(`telemetry/${on}.ts`)
      assert.isTrue(existsSync(fileURLToPath(file)))
      assert.notInclude(loaded, file.href)
      assert.isNotEmpty(loadedWith(file).filter(isTelemetry))
    }
  })
})
