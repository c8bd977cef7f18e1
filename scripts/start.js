// Builds what is stale and then becomes the service, in one process, so that signals reach it.
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const root = new URL("../", import.meta.url)
const service = new URL("dist/program/main.js", root)

const compiler = () => {
  try {
    const { resolve } = createRequire(import.meta.url)
    resolve("esbuild")
    return resolve("typescript/bin/tsc")
  } catch {
    return undefined // Installed without development dependencies: what was built is run as it is.
  }
}

const tsc = compiler()
if (tsc !== undefined) {
  const project = fileURLToPath(new URL("tsconfig.build.json", root))
  const { status } = spawnSync(process.execPath, [tsc, "-b", project], { stdio: "inherit" })
  if (status !== 0) process.exit(status ?? 1)
  const { bundle, isFresh } = await import("./bundle.js")
  if (!isFresh()) await bundle()
} else if (!existsSync(service)) {
  process.stderr.write("Nothing is built: run `npm ci && npm run build` first.\n")
  process.exit(1)
}

await import(service.href)
