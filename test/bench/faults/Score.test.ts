import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { metBy, scoreOf } from "../../../bench/faults/Score.ts"
import { done, failed, operation, runOf, struck } from "./Samples.ts"

const strikes = [struck("reset", 1000), struck("crash", 5000)]

const operations = FastCheck.array(
  FastCheck.tuple(FastCheck.nat(9000), FastCheck.nat(3000), FastCheck.boolean()).map(
    ([began, lasts, isDone]) => operation(began, began + lasts, isDone ? done : failed)
  )
)

describe("the score", () => {
  it("lays an operation to the fault that struck during it, or else to the latest", () => {
    assert.strictEqual(metBy(operation(900, 1100), strikes), "reset")
    assert.strictEqual(metBy(operation(1100, 1200), strikes), "reset")
    assert.strictEqual(metBy(operation(4900, 5100), strikes), "crash")
    assert.isUndefined(metBy(operation(100, 200), strikes))
  })

  it("lays an operation that was stuck when a fault struck to the one before", () => {
    assert.strictEqual(metBy(operation(3000, 5100), strikes), "reset")
  })

  it.prop(
    "counts every operation once, and the failures of a fault among all",
    [operations],
    ([all]) => {
      const score = scoreOf(runOf(all))
      assert.strictEqual(score.operations, all.length)
      assert.strictEqual(score.failed, all.filter(({ told }) => told === failed).length)
      const early = all.filter((each) => each.told === failed && metBy(each, strikes) === undefined)
      const laid = score.faults.reduce((sum, { failed }) => sum + failed, 0)
      assert.strictEqual(laid + early.length, score.failed)
    }
  )

  it("takes for the first success one that began after the strike", () => {
    const run = runOf([operation(990, 1010), operation(1200, 1300), operation(1100, 1600)])
    assert.strictEqual(scoreOf(run).faults[0]?.firstSuccess, 300)
  })

  it("knows no first success where all have failed", () => {
    const run = runOf([operation(990, 1010), operation(1200, 1300, failed)])
    assert.isUndefined(scoreOf(run).faults[0]?.firstSuccess)
  })

  it("counts what was said wrongly, and for how long nobody was there", () => {
    const run = runOf([operation(0, 10), operation(20, 30, failed)], {
      truth: new Map([["20 to 30", { accounts: 1, sessions: 1 }]]),
      deaths: [
        { at: 1000, reason: "Error", backAt: 1500 },
        { at: 9000, reason: "Error", backAt: undefined }
      ]
    })
    const { away, deaths, offences } = scoreOf(run)
    assert.strictEqual(offences.AcknowledgedButLost, 1)
    assert.strictEqual(offences.FailedButCommitted, 1)
    assert.strictEqual(offences.Doubled, 0)
    assert.strictEqual(deaths, 2)
    assert.strictEqual(away, 1500)
  })
})
