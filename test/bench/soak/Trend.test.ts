import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { trendOf } from "../../../bench/soak/Trend.ts"

/** Sixty samples of half an hour. */
const soak = (value: (hours: number, index: number) => number) =>
  Array.from({ length: 60 }, (_, index) => {
    const at = (index + 1) / 120
    return { at, value: value(at, index) }
  })

/** Up and down by one, in a rhythm that the sampling does not know. */
const noise = (index: number) => Math.sin(index * 12.9898)

describe("the trend of a soak", () => {
  it("a straight line has its slope, and no error", () => {
    const { error, mean, slope } = trendOf(soak((hours) => 100 + 40 * hours))
    assert.closeTo(slope, 40, 1e-6)
    assert.closeTo(error, 0, 1e-6)
    assert.closeTo(mean, 100 + 40 * (0.25 + 0.5) * 0.5, 0.5)
  })

  it("noise is no growth", () => {
    assert.isFalse(trendOf(soak((_, index) => 100 + 20 * noise(index))).isGrowth)
  })

  it("a leak beneath the noise is growth", () => {
    assert.isTrue(trendOf(soak((hours, index) => 100 + 60 * hours + 2 * noise(index))).isGrowth)
  })

  it("what comes to less than 2 % is no growth, however sure", () => {
    assert.isFalse(trendOf(soak((hours) => 100 + 4 * hours)).isGrowth)
  })

  it("what becomes less does not grow", () => {
    assert.isFalse(trendOf(soak((hours) => 100 - 60 * hours)).isGrowth)
  })

  it("what rose at first, and then no more, does not grow", () => {
    const warm = soak((hours, index) => 100 * Math.min(1, hours * 5) + noise(index))
    assert.isFalse(trendOf(warm).isGrowth)
  })

  it.prop("where it stands makes no difference to the slope", [FastCheck.nat(1000)], ([level]) => {
    const slope = (from: number) =>
      trendOf(soak((hours, index) => from + 10 * hours + noise(index))).slope
    assert.closeTo(slope(level), slope(0), 1e-6)
  })

  it("too few samples have no trend", () => {
    assert.throws(() => trendOf(soak(() => 1).slice(0, 2)), RangeError)
  })
})
