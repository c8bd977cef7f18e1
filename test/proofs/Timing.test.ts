import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { aucOf, isAlike } from "../../proofs/timing/Auc.ts"

const times = FastCheck.array(FastCheck.integer({ min: 0, max: 20 }), {
  minLength: 2,
  maxLength: 30
})

/** The definition: every pair, a tie counts half. */
const byPairs = (one: ReadonlyArray<number>, other: ReadonlyArray<number>) => {
  const scores = one.flatMap((a) => other.map((b) => (b > a ? 1 : b === a ? 0.5 : 0)))
  return scores.reduce((sum: number, score) => sum + score, 0) / scores.length
}

describe("what time tells", () => {
  it.prop("is the share of pairs in which the second is longer", [times, times], ([one, other]) => {
    const { auc, high, low } = aucOf(one, other)
    assert.closeTo(auc, byPairs(one, other), 1e-9)
    assert.isTrue(low <= auc && auc <= high)
    assert.closeTo(aucOf(other, one).auc, 1 - auc, 1e-9)
  })

  it("is everything where the two never meet, and nothing where they are the same", () => {
    const some = Array.from({ length: 500 }, (_, i) => i)
    assert.deepInclude(aucOf([1, 2, 3], [4, 5, 6]), { auc: 1, low: 1, high: 1 })
    const { auc, high, low } = aucOf(some, some)
    assert.closeTo(auc, 0.5, 1e-9)
    // 1.96 times the root of (m + n + 1) / (12 m n).
    assert.closeTo(high - low, 2 * 1.96 * Math.sqrt(1001 / 3_000_000), 0.001)
  })

  it("must be between 0.45 and 0.55", () => {
    const of = (auc: number) => isAlike({ auc, low: 0, high: 1 })
    assert.deepStrictEqual([0.449, 0.45, 0.55, 0.551].map(of), [false, true, true, false])
  })
})
