import { assert, describe, it } from "@effect/vitest"
import { verdicts } from "../../../bench/sql/Goal.ts"
import { growth, statements, transactions } from "../../../bench/sql/Workload.ts"
import { comparison, resultOf } from "./Samples.ts"

const [select] = statements
const [transaction] = transactions
const both = (rates: ReadonlyArray<number>) => ({ holdfast: rates, "holdfast, replayed": rates })

const isMet = (results: Parameters<typeof verdicts>[0]) =>
  verdicts(results).map((verdict) => verdict.isMet)

describe("the goals", () => {
  it("of statements are against three, at every number of callers", () => {
    assert.lengthOf(verdicts(comparison.results), 3 * 3 + 2 + 2)
    assert.isTrue(verdicts(comparison.results).every((verdict) => verdict.isMet))
  })

  it("are met by the median of the rounds, not by the best", () => {
    if (select === undefined) return assert.fail()
    assert.deepStrictEqual(isMet([resultOf(select, both([2000, 2000, 900]))]), [true, true, true])
    assert.deepStrictEqual(isMet([resultOf(select, both([9000, 1100, 1100]))]), [
      false,
      false,
      true
    ])
  })

  it("are met only if they are met with replay as well", () => {
    if (transaction === undefined) return assert.fail()
    const fast = [1500, 1500, 1500]
    assert.deepStrictEqual(isMet([resultOf(transaction, both(fast))]), [true])
    assert.deepStrictEqual(isMet([resultOf(transaction, { holdfast: fast })]), [false])
  })

  it("of growth are missed when a statement costs more with more callers", () => {
    const shrinking = growth.map((workload) =>
      resultOf(workload, workload.callers === 10_000 ? both([800, 800, 800]) : {})
    )
    assert.deepStrictEqual(isMet(shrinking), [true, false])
  })
})
