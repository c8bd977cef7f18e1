import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck } from "effect"
import { faultNames, faults, promised, quickly } from "../../../bench/faults/Fault.ts"
import { lengthOf, scheduleOf } from "../../../bench/faults/Schedule.ts"

const some = FastCheck.subarray([...faults])

describe("the schedule of faults", () => {
  it("has every fault strike once", () => {
    assert.deepStrictEqual(
      faults.map(({ name }) => name),
      [...faultNames]
    )
  })

  it("is over within a minute, so that seven contestants take seven", () => {
    assert.isBelow(Duration.toSeconds(lengthOf(scheduleOf(faults))), 60)
  })

  it.prop("lets none begin before the one before has had its time", [some], ([chosen]) => {
    const schedule = scheduleOf(chosen)
    schedule.forEach((slot, at) => {
      const before = schedule[at - 1]
      if (before !== undefined) assert.deepStrictEqual(slot.begins, before.ends)
      const times = [slot.begins, slot.strikes, slot.counts, slot.mends, slot.ends]
      const millis = times.map(Duration.toMillis)
      assert.deepStrictEqual(
        millis,
        millis.toSorted((one, other) => one - other)
      )
    })
  })

  it("strikes in the middle of a quiet, and a busy pool at once", () => {
    for (const { begins, counts, fault, strikes } of scheduleOf(faults)) {
      const isQuiet = Duration.greaterThan(fault.quiet, Duration.zero)
      assert.strictEqual(Duration.lessThan(begins, strikes), isQuiet)
      assert.strictEqual(Duration.lessThan(strikes, counts), isQuiet)
    }
  })

  it("is shorter in a hurry, and has the same faults", () => {
    const quick = scheduleOf(faults.map(quickly))
    assert.isBelow(
      Duration.toMillis(lengthOf(quick)),
      Duration.toMillis(lengthOf(scheduleOf(faults)))
    )
    assert.deepStrictEqual(
      quick.map(({ fault }) => fault.lasts),
      faults.map(({ lasts }) => lasts)
    )
  })

  it("promises a second more than an outage, and 3 s of a black hole", () => {
    const outage = Duration.seconds(2)
    const seconds = faults.map((fault) => Duration.toSeconds(promised(fault, outage)))
    assert.deepStrictEqual(seconds, [1, 1, 1, 1, 1, 3, 3, 3, 3, 1, 1, 1])
  })
})
