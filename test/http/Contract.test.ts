import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

// `import type` is erased; everything else is loaded.
const LOADED = /^(?:import|export) (?!type )[^"]*?from "([^"]+)"/gms

const loadedBy = async (file: string, seen: Map<string, ReadonlyArray<string>>): Promise<void> => {
  if (seen.has(file)) return
  const source = await readFile(file, "utf8")
  const modules = Array.from(source.matchAll(LOADED), ([, module = ""]) => module)
  seen.set(file, modules)
  const relative = modules.filter((module) => module.startsWith("."))
  await Promise.all(relative.map((module) => loadedBy(join(dirname(file), module), seen)))
}

describe("Contract", () => {
  it.effect("the API and its client load nothing that a browser does not have", () =>
    Effect.gen(function* () {
      const seen = new Map<string, ReadonlyArray<string>>()
      yield* Effect.promise(() => loadedBy("src/http/Client.ts", seen))
      assert.include([...seen.keys()], "src/auth/Password.ts")
      // 90 kB that only the service needs.
      assert.notInclude([...seen.keys()], "src/auth/CommonPasswordList.ts")
      const packages = new Set(
        [...seen.values()].flat().filter((module) => !module.startsWith("."))
      )
      assert.sameMembers([...packages], ["@effect/platform", "effect"])
    })
  )
})
