import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import {
  connections,
  endings,
  occasions,
  planOf,
  victimsOf,
  ways
} from "../../proofs/freeze/Freeze.ts"

const seed = FastCheck.nat()
const millis = FastCheck.integer({ min: 1, max: 100 })

describe("the plan of freezes", () => {
  it.prop("is the same for the same seed, with every kind in it", [seed, millis], ([of, long]) => {
    const plan = planOf({ seed: of, count: 36, millis: long })
    assert.deepStrictEqual(planOf({ seed: of, count: 36, millis: long }), plan)
    const kinds = new Set(plan.map((each) => `${each.ending} ${each.occasion} ${each.way}`))
    assert.strictEqual(kinds.size, endings.length * occasions.length * ways.length)
    for (const freeze of plan) {
      assert.isAtLeast(freeze.millis, long / 2)
      assert.isAtMost(freeze.millis, long * 1.5)
    }
  })

  it.prop("always has a victim, and sometimes a survivor", [seed], ([of]) => {
    const all = Array.from({ length: connections }, (_, i) => i)
    const victims = planOf({ seed: of, count: 100, millis: 20 }).map((freeze) =>
      victimsOf(freeze, all)
    )
    assert.isTrue(victims.every(({ length }) => length > 0))
    assert.isTrue(victims.some(({ length }) => length < connections))
  })
})
