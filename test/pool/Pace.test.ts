import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Pace from "../../src/pool/Pace.ts"

/** After so many callers were served, one every 100 ms. */
const paceAfter = (callers: number): Pace.Pace => {
  let pace = Pace.resting
  for (let caller = 1; caller <= callers; caller++) pace = Pace.served(pace, 5_000 + caller * 100)
  return pace
}

describe("the pace of a queue", () => {
  it("is not known before twenty were served from it: fewer may all be of one kind", () => {
    assert.strictEqual(Pace.estimate(paceAfter(19), 9), 0)
    assert.strictEqual(Pace.estimate(paceAfter(20), 9), 1_000)
  })

  it("tells who comes now that it waits for those ahead, and for its own turn", () => {
    assert.strictEqual(Pace.estimate(paceAfter(30), 0), 100)
    assert.strictEqual(Pace.estimate(paceAfter(30), 29), 3_000)
  })

  it("follows a change within seconds, and no single slow one", () => {
    const before = paceAfter(40)
    const hiccup = Pace.served(before, before.servedAt + 1_000)
    assert.isBelow(Pace.estimate(hiccup, 0), 200)
    let slower = before
    for (let caller = 0; caller < 20; caller++) slower = Pace.served(slower, slower.servedAt + 500)
    assert.isAbove(Pace.estimate(slower, 0), 450)
  })

  it("is not that of a stall, which turns nobody away for long after its end", () => {
    let pace = paceAfter(60)
    pace = Pace.served(pace, pace.servedAt + 8_000)
    for (let caller = 0; caller < 50; caller++) pace = Pace.served(pace, pace.servedAt + 5)
    assert.isBelow(Pace.estimate(pace, 99), 7_500)
  })

  it.prop(
    "is that of the whole where many are served at once and then for a while nobody",
    { size: fc.integer({ min: 20, max: 300 }), gap: fc.integer({ min: 1, max: 50 }) },
    ({ gap, size }) => {
      let pace = Pace.resting
      for (let at = 0; at < 2_000; at += gap) {
        for (let caller = 0; caller < size; caller++) pace = Pace.served(pace, at)
        assert.isAtMost(Pace.estimate(pace, 9_999), ((10_000 * gap) / size) * 1.1)
      }
      assert.closeTo(
        Pace.estimate(pace, 9_999),
        (10_000 * gap) / size,
        ((10_000 * gap) / size) * 0.1
      )
    }
  )
})
