import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { type LoopMark, leastWait } from "../../src/sql/statement/LoopMark.ts"

const start: LoopMark = { at: 1_000, idle: 400, turns: 70 }

describe("how long an answer has let wait, as an event loop sees it", () => {
  it("is the time in which the loop had nothing else to do", () => {
    assert.strictEqual(leastWait(start, { at: 1_005, idle: 404.5, turns: 71 }), 4.5)
  })

  it("is nothing where the loop was busy, and found it when it looked again", () => {
    assert.strictEqual(leastWait(start, { at: 1_040, idle: 400, turns: 71 }), 0)
    assert.strictEqual(leastWait(start, { at: 1_040, idle: 400, turns: 72 }), 0)
  })

  it("is nearly all of it where a busy loop looked again and again", () => {
    assert.strictEqual(leastWait(start, { at: 1_050, idle: 400, turns: 80 }), 40)
  })

  it("is all of it where nothing is known of the loop", () => {
    const unknown = { at: 1_000, idle: 0, turns: undefined }
    assert.strictEqual(leastWait(unknown, { ...unknown, at: 1_030 }), 30)
  })

  it.prop(
    "is never more than has passed, and never less than nothing",
    [fc.nat(1_000), fc.nat(1_000), fc.nat(50)],
    ([elapsed, idle, turns]) => {
      const until = { at: start.at + elapsed, idle: start.idle + idle, turns: 70 + turns }
      const wait = leastWait(start, until)
      assert.isAtLeast(wait, 0)
      assert.isAtMost(wait, elapsed)
    }
  )
})
