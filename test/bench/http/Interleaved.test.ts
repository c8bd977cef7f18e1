import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { figures, interleaved } from "../../../bench/http/Interleaved.ts"

const turns = (rounds: number) =>
  Effect.gen(function* () {
    const order: Array<string> = []
    const contestant = (name: string) => ({
      name,
      measured: Effect.sync(() => order.push(name))
    })
    const all = ["A", "B", "C"].map(contestant)
    const measurements = yield* interleaved(all, rounds, () => Effect.void)
    return { order: order.join(""), measurements }
  })

describe("the turns of contestants", () => {
  it.effect("each order follows upon the other, and nobody is always the first", () =>
    Effect.gen(function* () {
      const { order } = yield* turns(3)
      assert.strictEqual(order, "CBAABCCBAABC")
    })
  )

  it.effect("the first round warms up, and does not count", () =>
    Effect.gen(function* () {
      const { measurements } = yield* turns(2)
      assert.deepStrictEqual(
        figures(measurements, "A", (turn) => turn),
        [4, 9]
      )
    })
  )

  it.effect("who was not in it has no figures", () =>
    Effect.gen(function* () {
      const { measurements } = yield* turns(1)
      assert.deepStrictEqual(
        figures(measurements, "D", (turn) => turn),
        []
      )
    })
  )
})
