import { assert, describe, it } from "@effect/vitest"
import { brokenPromises } from "../../../bench/faults/BrokenPromises.ts"
import type { ContestantRun } from "../../../bench/faults/ContestantRun.ts"
import { scoreOf } from "../../../bench/faults/Score.ts"
import { failed, operation, runOf } from "./Samples.ts"

const broken = (run: ContestantRun) => brokenPromises(run, scoreOf(run))

describe("what holdfast promises of the comparison", () => {
  it("is kept by operations that last as long as an outage and a second", () => {
    assert.deepStrictEqual(broken(runOf([operation(900, 1900), operation(4990, 7990)])), [])
  })

  it("is broken by a failure, even of what is not there", () => {
    assert.deepStrictEqual(broken(runOf([operation(900, 1100, failed)])), ["1 failed"])
  })

  it("is broken by what was acknowledged and is lost", () => {
    const run = runOf([operation(900, 1100)], { truth: new Map() })
    assert.deepStrictEqual(broken(run), ["1 acknowledged, but lost"])
  })

  it("is broken by a wait that outlasts the outage by more than a second", () => {
    assert.deepStrictEqual(broken(runOf([operation(4990, 8000)])), [
      "crash: an operation took 3.0 s, of 3.0 s"
    ])
  })

  it("is broken by a death", () => {
    const deaths = [{ at: 1000, reason: "Error", backAt: 1500 }]
    assert.deepStrictEqual(broken(runOf([], { deaths })), ["1 deaths of the process"])
  })
})
