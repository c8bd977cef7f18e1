import { assert, describe, it } from "@effect/vitest"
import { programOf, runSeed, scriptOf, storyOf, violationOf } from "../../proofs/simulation/Seed.ts"
import type { Subject } from "../../proofs/simulation/Simulation.ts"
import { type BrokenPool, brokenPools } from "./brokenPools.ts"

/** Seeds that may be tried until a broken pool is caught. */
const patience = 400

/** What one of the seeds finds wrong with a pool, and calls by this name. */
const complaint = ({ invariant, subject }: BrokenPool): string => {
  const found = new Set<string>()
  for (let seed = 1; seed <= patience && !found.has(invariant); seed++) {
    const violation = violationOf(programOf(seed), { subject })
    if (violation !== undefined) found.add(violation.invariant)
  }
  return [...found].join(", ")
}

/** The first seed that catches a broken pool. */
const firstCaught = (subject: Subject) => {
  for (let seed = 1; seed <= patience; seed++) {
    const result = runSeed(seed, { subject })
    if ("program" in result) return { seed, program: programOf(seed), result }
  }
  return assert.fail(`none of ${patience} seeds finds anything`)
}

describe("the observer of the simulation", () => {
  for (const broken of brokenPools) {
    it(`catches a pool that ${broken.what}`, () => {
      assert.include(complaint(broken), broken.invariant)
    }, 60_000)
  }

  it("shrinks what it caught to a script that shows the same", () => {
    const subject = brokenPools[0]?.subject
    if (subject === undefined) return assert.fail("no broken pool")
    const { program, result, seed } = firstCaught(subject)
    assert.isBelow(result.program.steps.length, program.steps.length)
    assert.include(storyOf(result.program, { subject }).at(-1), result.message)
    assert.include(scriptOf(result), `npm run simulate -- --seed ${seed}`)
  })
})
