import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { Effect, identity, Redacted } from "effect"
import { median } from "../Statistics.ts"
import type { Footprint, Memory } from "./Footprint.ts"

const entry = fileURLToPath(new URL("footprint.main.ts", import.meta.url))
const viteNode = createRequire(import.meta.url).resolve("vite-node/vite-node.mjs")
const run = promisify(execFile)

/** Of one process, which nobody has used before. */
const measured = (name: string, url: Redacted.Redacted): Effect.Effect<Footprint, unknown> =>
  Effect.tryPromise({
    try: async (signal) => {
      const { stdout } = await run(
        process.execPath,
        ["--expose-gc", viteNode, "--options.deps.external=/dist/", entry, name],
        { env: { PATH: process.env.PATH, DATABASE_URL: Redacted.value(url) }, signal }
      )
      return JSON.parse(stdout)
    },
    catch: identity
  })

/** The middle of what some processes said, number by number. */
const middle = (found: ReadonlyArray<Footprint>): Footprint => {
  const of = (memory: (footprint: Footprint) => Memory): Memory => ({
    heap: median(found.map((each) => memory(each).heap)),
    resident: median(found.map((each) => memory(each).resident))
  })
  return {
    idleConnection: of(({ idleConnection }) => idleConnection),
    waiter: of(({ waiter }) => waiter),
    fiber: of(({ fiber }) => fiber)
  }
}

/** What a contestant costs a process: the median of so many. */
export const footprintOf = (
  name: string,
  url: Redacted.Redacted,
  processes: number
): Effect.Effect<Footprint, unknown> =>
  Effect.map(Effect.replicateEffect(measured(name, url), processes), middle)
