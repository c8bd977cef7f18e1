import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { expectationsOf } from "../../proofs/interrupts/Expectation.ts"
import { networks, planOf, shares, situations } from "../../proofs/interrupts/Interruption.ts"
import { lagWithin } from "../../proofs/interrupts/LoopWatch.ts"
import {
  deviations,
  type Ending,
  type Expected,
  expectedOf,
  expectedWithin
} from "../../proofs/interrupts/Mark.ts"
import { isLateByItself, promise, quantile } from "../../proofs/interrupts/Timing.ts"
import { innerId, works } from "../../proofs/interrupts/Work.ts"
import type { Outcome } from "../../src/sql/index.ts"

const outcome = FastCheck.constantFrom<Outcome>("NotSent", "RolledBack", "Committed", "Unknown")
const ending: FastCheck.Arbitrary<Ending> = FastCheck.oneof(
  FastCheck.constant({ _tag: "Success" as const }),
  FastCheck.constant({ _tag: "Interrupted" as const }),
  FastCheck.record({
    _tag: FastCheck.constant("Failure" as const),
    outcome,
    message: FastCheck.constant("connection lost")
  })
)
const expected = FastCheck.constantFrom<Expected>("Absent", "Present", "Either")
const seed = FastCheck.nat()
const count = FastCheck.integer({ min: 0, max: 400 })
const situation = FastCheck.constantFrom(...situations)

describe("the plan of interrupts", () => {
  it.prop(
    "is the same for the same seed, and as long as asked for",
    [seed, count],
    ([of, many]) => {
      const plan = planOf(of, many)
      assert.deepStrictEqual(planOf(of, many), plan)
      assert.strictEqual(plan.length, many)
      assert.strictEqual(new Set(plan.map(({ number }) => number)).size, many)
    }
  )

  it("is another for another seed, and gives every network its share of every situation", () => {
    const plan = planOf(1, 10_000)
    assert.notDeepEqual(planOf(2, 10_000), plan)
    for (const network of networks) {
      const own = plan.filter((each) => each.network === network)
      assert.strictEqual(own.length, 100 * shares[network])
      for (const each of situations) {
        const many = own.filter((planned) => planned.situation === each).length
        assert.closeTo(many, own.length / situations.length, 1)
      }
    }
  })

  it("strikes at once, after turns of the event loop, and up to 30 ms later", () => {
    const plan = planOf(1, 2000)
    assert.isTrue(plan.some(({ millis, turns }) => millis === 0 && turns === 0))
    assert.isTrue(plan.some(({ turns }) => turns > 5))
    assert.strictEqual(Math.max(...plan.map(({ millis }) => millis)), 30)
  })

  it.prop("sleeps long only where a cancel can end it", [seed], ([of]) => {
    const long = planOf(of, 1000).filter(({ lasts }) => lasts > 1000)
    assert.isAbove(long.length, 0)
    for (const { network } of long) assert.include(["direct", "latency"], network)
  })
})

describe("what may be there of a mark", () => {
  it.prop("is certain for all but what may have been sent and not answered", [ending], ([each]) => {
    const isOpen =
      each._tag === "Interrupted" || (each._tag === "Failure" && each.outcome === "Unknown")
    assert.strictEqual(expectedOf(each, true) === "Either", isOpen)
  })

  it("is nothing where the interrupt came before the body had ended", () => {
    assert.strictEqual(expectedOf({ _tag: "Interrupted" }, false), "Absent")
  })

  it.prop("is the mark where success was reported", [FastCheck.boolean()], ([mayCommit]) => {
    assert.strictEqual(expectedOf({ _tag: "Success" }, mayCommit), "Present")
  })

  it.prop(
    "is never that of a savepoint without its transaction's",
    [expected, expected],
    (both) => {
      const [outer, inner] = both
      const within = expectedWithin(outer, inner)
      if (outer === "Absent" || inner === "Absent") assert.strictEqual(within, "Absent")
      if (within === "Present") assert.deepStrictEqual(both, ["Present", "Present"])
    }
  )

  it.prop("is told for every mark that the work writes", [situation, ending], ([each, how]) => {
    const [planned] = planOf(1, 1)
    if (planned === undefined) return assert.fail("no plan")
    const interruption = { ...planned, situation: each }
    const account = { id: "7.0", interruption, ending: how, strike: undefined, mayCommit: true }
    const ids = expectationsOf(account).map(([id]) => id)
    const written = { nothing: [], mark: ["7.0"], savepoint: ["7.0", innerId("7.0")] }
    assert.deepStrictEqual(ids, written[works[each].writes])
  })
})

describe("the marks that are not as expected", () => {
  it.prop(
    "are those lost, shown and doubled, and no others",
    [FastCheck.array(FastCheck.tuple(expected, FastCheck.nat(2)), { maxLength: 20 })],
    ([all]) => {
      const wanted = new Map(all.map(([each], i) => [`${i}`, each]))
      const found = new Map(
        all.flatMap(
          ([, times], i): ReadonlyArray<[string, number]> => (times > 0 ? [[`${i}`, times]] : [])
        )
      )
      const ids = (holds: (each: Expected, times: number) => boolean) =>
        all.flatMap(([each, times], i) => (holds(each, times) ? [`${i}`] : []))
      assert.deepStrictEqual(deviations(wanted, found), {
        lost: ids((each, times) => each === "Present" && times === 0),
        shown: ids((each, times) => each === "Absent" && times > 0),
        doubled: ids((_, times) => times > 1)
      })
    }
  )

  it("are also those that nobody had announced", () => {
    assert.deepStrictEqual(deviations(new Map(), new Map([["9.0", 1]])).shown, ["9.0"])
  })
})

describe("the timing", () => {
  it.prop(
    "has that share of the values at or below a quantile",
    [FastCheck.array(FastCheck.nat(100), { minLength: 1 }), FastCheck.constantFrom(0.5, 0.99, 1)],
    ([values, share]) => {
      const at = quantile(values, share)
      assert.include(values, at)
      assert.isAtLeast(values.filter((value) => value <= at).length, values.length * share)
      assert.isBelow(values.filter((value) => value < at).length, values.length * share)
    }
  )

  it("excuses what is late only by what the event loop was late meanwhile", () => {
    const [interruption] = planOf(1, 1)
    if (interruption === undefined) return assert.fail("no plan")
    const ending = { _tag: "Interrupted" as const }
    const strike = { interruption, at: 1000, took: promise + 20, ending, isKept: true }
    assert.isTrue(isLateByItself(strike, []))
    assert.isTrue(isLateByItself(strike, [{ at: 1050, millis: 10 }]))
    assert.isFalse(isLateByItself(strike, [{ at: 1050, millis: 30 }]))
    assert.isTrue(
      isLateByItself(strike, [
        { at: 900, millis: 30 },
        { at: 2000, millis: 30 }
      ])
    )
    assert.isFalse(isLateByItself({ ...strike, took: promise }, []))
  })

  it.prop("adds up all lags in a time", [FastCheck.array(FastCheck.nat(50))], ([millis]) => {
    const lags = millis.map((each, i) => ({ at: 1000 + i, millis: each }))
    const sum = millis.reduce((total, each) => total + each, 0)
    assert.strictEqual(lagWithin(lags, 0, 5000), sum)
  })
})
