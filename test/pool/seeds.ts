import { setImmediate } from "node:timers/promises"
import { assert, it } from "@effect/vitest"
import { runSeed, scriptOf } from "../../proofs/simulation/Seed.ts"
import type { Options } from "../../proofs/simulation/Simulation.ts"

const atOnce = 500

/** Tests that the pool keeps every invariant in the programs of so many seeds. */
export const simulated = (from: number, seeds: number, options: Options = {}): void => {
  for (let first = from; first < from + seeds; first += atOnce) {
    const last = first + atOnce - 1
    it(`keeps every invariant at every moment, seeds ${first} to ${last}`, async () => {
      for (let seed = first; seed <= last; seed++) {
        const result = runSeed(seed, options)
        if ("program" in result) assert.fail(scriptOf(result))
        // The test's own process has to be heard of now and then.
        if (seed % 100 === 0) await setImmediate()
      }
    }, 60_000)
  }
}
