import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck as fc } from "effect"
import { delayAfter, dialsWithin } from "../../src/pool/Backoff.ts"

const backoff = { base: Duration.millis(100), cap: Duration.millis(500) }
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe("Backoff", () => {
  it.prop(
    "never waits longer than the cap, nor less than three quarters of the doubled delay",
    [fc.integer({ min: 1, max: 10_000 }), unit],
    ([failures, random]) => {
      const delay = delayAfter(backoff, failures, random)
      const full = Math.min(500, 100 * 2 ** (failures - 1))
      assert.isAtMost(delay, 500)
      assert.isAtMost(delay, full)
      assert.isAtLeast(delay, full * 0.75)
    }
  )

  it("doubles from the base up to the cap", () => {
    assert.deepStrictEqual(
      [1, 2, 3, 4, 5].map((failures) => delayAfter(backoff, failures, 0)),
      [100, 200, 400, 500, 500]
    )
  })

  it("counts the dials that still fit before a deadline", () => {
    assert.strictEqual(dialsWithin(backoff, 1, 99), 0)
    assert.strictEqual(dialsWithin(backoff, 1, 700), 3)
    assert.strictEqual(dialsWithin(backoff, 4, 2_000), 4)
  })

  it("counts none once the deadline has passed", () => {
    assert.strictEqual(dialsWithin(backoff, 1, -1_000), 0)
  })

  it("counts no end of dials where there is no delay, or no deadline", () => {
    const without = { base: Duration.zero, cap: Duration.millis(500) }
    assert.strictEqual(dialsWithin(without, 1, 700), Number.POSITIVE_INFINITY)
    assert.strictEqual(dialsWithin(without, 1, 0), Number.POSITIVE_INFINITY)
    const uncapped = { base: Duration.millis(100), cap: Duration.infinity }
    const forever = Number.POSITIVE_INFINITY
    assert.strictEqual(dialsWithin(uncapped, 1, forever), Number.POSITIVE_INFINITY)
  })
})
