import { assert, describe, it } from "@effect/vitest"
import { programOf, storyOf } from "../../proofs/simulation/Seed.ts"
import { simulated } from "./seeds.ts"

describe("the pool in any program of callers, faults and time", () => {
  simulated(1, 5_000)

  it("does the same whenever the same seed is run", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const program = programOf(seed)
      assert.strictEqual(storyOf(program).join(), storyOf(program).join())
    }
  })
})
