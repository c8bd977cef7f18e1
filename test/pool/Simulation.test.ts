import { setImmediate } from "node:timers/promises"
import { assert, describe, it } from "@effect/vitest"
import { programOf, runSeed, scriptOf, storyOf, violationOf } from "../../proofs/simulation/Seed.ts"
import { type BrokenPool, brokenPools } from "./brokenPools.ts"

const seeds = 10_000
const atOnce = 1_000
const batches = Array.from({ length: seeds / atOnce }, (_, batch) => batch * atOnce + 1)

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

describe("the pool in any program of callers, faults and time", () => {
  for (const from of batches) {
    it(`keeps every invariant at every moment, seeds ${from} to ${from + atOnce - 1}`, async () => {
      for (let seed = from; seed < from + atOnce; seed++) {
        const result = runSeed(seed)
        if ("program" in result) assert.fail(scriptOf(result))
        // The test's own process has to be heard of now and then.
        if (seed % 100 === 0) await setImmediate()
      }
    }, 120_000)
  }

  it("does the same whenever the same seed is run", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const program = programOf(seed)
      assert.strictEqual(storyOf(program).join(), storyOf(program).join())
    }
  })
})

describe("the observer of the simulation", () => {
  for (const broken of brokenPools) {
    it(`catches a pool that ${broken.what}`, () => {
      assert.include(complaint(broken), broken.invariant)
    }, 60_000)
  }

  it("shrinks what it caught to a script that shows the same", () => {
    const [broken] = brokenPools
    if (broken === undefined) return assert.fail("no broken pool")
    const result = runSeed(1, { subject: broken.subject })
    if (!("program" in result)) return assert.fail("seed 1 finds nothing")
    assert.isBelow(result.program.steps.length, programOf(1).steps.length)
    assert.include(storyOf(result.program, { subject: broken.subject }).at(-1), result.message)
    assert.include(scriptOf(result), "npm run simulate -- --seed 1")
  })
})
