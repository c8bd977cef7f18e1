import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { median, ratios, spread } from "../../bench/Statistics.ts"

const values = FastCheck.array(FastCheck.float({ noNaN: true, noDefaultInfinity: true }), {
  minLength: 1,
  maxLength: 20
})

describe("the benchmark's statistics", () => {
  it.each([
    { of: [7], is: 7 },
    { of: [3, 1, 2], is: 2 },
    { of: [10, 1, 9, 2], is: 5.5 }
  ])("the median of $of is $is", ({ is, of }) => {
    assert.strictEqual(median(of), is)
  })

  it("numbers are put in order as numbers", () => {
    assert.strictEqual(median([9, 10, 100]), 10)
  })

  it.prop("half of the values lie on either side of the median", [values], ([some]) => {
    const middle = median(some)
    assert.isAtMost(some.filter((value) => value < middle).length, some.length / 2)
    assert.isAtMost(some.filter((value) => value > middle).length, some.length / 2)
  })

  it("no values have no median", () => {
    assert.throws(() => median([]), RangeError)
  })

  it("a spread holds the middle, the least and the most", () => {
    assert.deepStrictEqual(spread([4, 1, 3]), { median: 3, min: 1, max: 4 })
  })

  it("ratios pair round with round, so a busy round disturbs neither side alone", () => {
    assert.deepStrictEqual(ratios([100, 10, 50], [200, 20, 100]), [0.5, 0.5, 0.5])
  })

  it("values that can't be paired are refused", () => {
    assert.throws(() => ratios([1, 2], [1]), RangeError)
  })
})
