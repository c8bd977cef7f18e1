// Removes from dist/ what was compiled from sources that are gone: the compiler leaves it there, and it would be
// published.
import { existsSync, readdirSync, rmSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../", import.meta.url))

const hasSource = (path) => {
  const name = path.replace(/(\.d)?\.[jt]s$/, "")
  return [".ts", ".js"].some((ending) => existsSync(`${root}src/${name}${ending}`))
}

for (const path of readdirSync(`${root}dist`, { recursive: true })) {
  const isCompiled = /\.[jt]s$/.test(path) && !path.startsWith("program/")
  if (isCompiled && !hasSource(path)) rmSync(`${root}dist/${path}`)
}
