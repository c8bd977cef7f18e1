import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { picture } from "../../../bench/faults/Picture.ts"
import { binned, colours } from "../../../bench/faults/Strip.ts"
import { done, failed, operation, runOf } from "./Samples.ts"

const operations = FastCheck.array(
  FastCheck.tuple(FastCheck.nat(9000), FastCheck.nat(3000), FastCheck.boolean()).map(
    ([began, lasts, isDone]) => operation(began, began + lasts, isDone ? done : failed)
  )
)

const drawn = (svg: string, colour: string): number => svg.split(`fill="${colour}"`).length - 1

describe("the picture of the comparison", () => {
  it.prop("bars hold every operation once", [operations], ([all]) => {
    const counts = binned(all, { bin: 250, bins: 40 })
    assert.strictEqual(counts.length, 40)
    assert.strictEqual(
      counts.reduce((sum, count) => sum + count, 0),
      all.length
    )
  })

  it.prop("is drawn of whatever happened, with finite numbers", [operations], ([all]) => {
    const svg = picture([runOf(all), runOf([])])
    assert.notMatch(svg, /NaN|Infinity|undefined/)
  })

  it("shows a single failure, and no failure where there was none", () => {
    const many = Array.from({ length: 1000 }, (_, at) => operation(at, at + 10))
    const key = drawn(picture([runOf(many)]), colours.failed)
    const svg = picture([runOf([...many, operation(500, 510, failed)])])
    assert.strictEqual(drawn(svg, colours.failed), key + 1)
    const [, height] = /height="([\d.]+)" fill="#cf222e"/.exec(svg) ?? []
    assert.isAtLeast(Number(height), 3)
  })

  it("names contestants and faults as text, whatever is in their names", () => {
    const svg = picture([runOf([operation(0, 10)], { contestant: 'a "<pool>" & co' })])
    assert.include(svg, "a &quot;&lt;pool>&quot; &amp; co")
    assert.include(svg, ">crash</text>")
  })

  it("marks where a process died", () => {
    const deaths = [{ at: 1000, reason: "Error", backAt: 1500 }]
    const marks = (svg: string) => svg.split("✕").length
    assert.strictEqual(marks(picture([runOf([], { deaths })])), marks(picture([runOf([])])) + 1)
  })
})
