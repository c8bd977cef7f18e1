import { readFile } from "node:fs/promises"
import { Effect } from "effect"

const root = new URL("../", import.meta.url)

const versionOf = async (packageName: string): Promise<string> => {
  const folder = packageName === "holdfast" ? "" : `node_modules/${packageName}/`
  const description = JSON.parse(await readFile(new URL(`${folder}package.json`, root), "utf8"))
  return String(description.version)
}

/** The versions of installed packages, and of holdfast itself, by their names. */
export const packageVersions = (
  names: Iterable<string>
): Effect.Effect<Readonly<Record<string, string>>> =>
  Effect.promise(async () => {
    const versions = [...new Set(names)].map(async (name) => [name, await versionOf(name)] as const)
    return Object.fromEntries(await Promise.all(versions))
  })
