import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import {
  type Cut,
  cutName,
  cutNamed,
  directions,
  endings,
  forms,
  stages
} from "../../proofs/Cut.ts"
import { allSeries, type Exchange, planOf, strides, thinned } from "../../proofs/Plan.ts"

const bytes = FastCheck.record({ toServer: FastCheck.nat(60), toClient: FastCheck.nat(60) })
const series = FastCheck.constantFrom(...allSeries)
const exchange: FastCheck.Arbitrary<Exchange> = FastCheck.record({
  series,
  opening: bytes,
  total: bytes
})
const cut: FastCheck.Arbitrary<Cut> = FastCheck.record({
  series: FastCheck.record({
    form: FastCheck.constantFrom(...forms),
    stage: FastCheck.constantFrom(...stages)
  }),
  direction: FastCheck.constantFrom(...directions),
  ending: FastCheck.constantFrom(...endings),
  offset: FastCheck.nat()
})

describe("the plan", () => {
  it.prop("resets once at every offset, in both directions", [exchange], ([of]) => {
    const plan = planOf([of]).map(cutName)
    const names = new Set(plan)
    assert.strictEqual(names.size, plan.length)
    for (const direction of directions) {
      for (let offset = 0; offset <= of.total[direction]; offset += 1) {
        const reset = { series: of.series, direction, ending: "reset", offset } as const
        assert.isTrue(names.has(cutName(reset)))
      }
    }
  })

  it.prop("leaves no gap wider than the stride of an ending", [exchange], ([of]) => {
    for (const direction of directions) {
      for (const ending of endings) {
        const offsets = planOf([of])
          .filter((each) => each.direction === direction && each.ending === ending)
          .map(({ offset }) => offset)
        assert.isAtLeast(offsets.length, of.total[direction] / strides[ending])
        assert.isTrue(offsets.every((offset, i) => offset === i * strides[ending]))
      }
    }
  })

  it.prop(
    "is thinned to as many as asked for, without a cut twice",
    [exchange, FastCheck.integer({ min: 1, max: 400 })],
    ([of, count]) => {
      const plan = planOf([of])
      const some = thinned(plan, count)
      assert.strictEqual(some.length, Math.min(count, plan.length))
      assert.strictEqual(new Set(some.map(cutName)).size, some.length)
    }
  )
})

describe("the name of a cut", () => {
  it.prop("names it, and no other", [cut], ([each]) => {
    assert.deepStrictEqual(cutNamed(cutName(each)), each)
  })

  it.prop("is not taken from any other text", [FastCheck.string()], ([text]) => {
    const found = cutNamed(text)
    if (found !== undefined) assert.strictEqual(cutName(found), text)
  })

  it.each([
    "",
    "transaction/warm:toServer:reset",
    "transaction/warm:toServer:reset:-1",
    "transaction/warm:toServer:reset:1.5",
    "transaction/hot:toServer:reset:1",
    "transaction/warm:sideways:reset:1",
    "transaction/warm:toServer:explode:1"
  ])("is not %j", (text) => {
    assert.isUndefined(cutNamed(text))
  })
})
