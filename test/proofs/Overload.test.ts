import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { arrivals } from "../../proofs/overload/Arrivals.ts"
import { brokenPromises, type Load, loadOf } from "../../proofs/overload/Load.ts"
import { counted } from "../../proofs/overload/Offer.ts"

const seed = FastCheck.nat()
const perSecond = FastCheck.integer({ min: 500, max: 5000 })

describe("the callers of the overload", () => {
  it.prop("come at random, as many as were ordered", [seed, perSecond], ([of, rate]) => {
    const times = arrivals({ seed: of, perSecond: rate, millis: 2000 })
    assert.deepStrictEqual(arrivals({ seed: of, perSecond: rate, millis: 2000 }), times)
    // Six times the standard deviation of a Poisson count.
    assert.closeTo(times.length, 2 * rate, 6 * Math.sqrt(2 * rate))
    assert.isTrue(times.every((at, i) => at > (times[i - 1] ?? 0) && at < 2000))
    const gaps = times.map((at, i) => at - (times[i - 1] ?? 0))
    // Of exponential gaps this many are below half of the mean: 1 - exp(-1/2).
    const short = gaps.filter((gap) => gap < 500 / rate).length
    assert.closeTo(short / gaps.length, 0.393, 0.12)
  })
})

const load = (multiple: number, goodput: number, p99: number): Load => ({
  multiple,
  perSecond: 0,
  goodput,
  median: 0,
  p99,
  refusedPerSecond: 0,
  refusalMedian: 0,
  refusalP99: 0
})

describe("the verdict on a load", () => {
  it("counts what was answered, and measures from when it was due", () => {
    const endings = [
      { dueAt: 1000, endedAt: 1100, wasServed: true },
      { dueAt: 1000, endedAt: 1300, wasServed: true },
      { dueAt: 1000, endedAt: 1001, wasServed: false }
    ]
    const seen = loadOf({ multiple: 2, perSecond: 3, runs: 1, endings })
    assert.strictEqual(seen.goodput, 2000 / counted)
    assert.strictEqual(seen.p99, 300)
    assert.strictEqual(seen.refusedPerSecond, 1000 / counted)
    assert.strictEqual(seen.refusalMedian, 1)
  })

  it("wants nine tenths of the peak and every deadline kept at twice the capacity", () => {
    assert.deepStrictEqual(
      brokenPromises([load(1, 100, 50), load(2, 90, 999), load(3, 1, 9e9)]),
      []
    )
    assert.lengthOf(brokenPromises([load(1, 100, 50), load(2, 89, 999)]), 1)
    assert.lengthOf(brokenPromises([load(1, 100, 50), load(2, 89, 1001)]), 2)
    assert.lengthOf(brokenPromises([load(1, 100, 50)]), 1)
  })
})
