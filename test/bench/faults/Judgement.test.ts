import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { judge } from "../../../bench/faults/Judgement.ts"
import type { Operation, Told } from "../../../bench/faults/Operation.ts"
import type { Rows } from "../../../bench/faults/Truth.ts"

const signUp = (told: Told): Operation => ({
  request: { _tag: "SignUp", signUp: { account: "ada", session: "s" } },
  told,
  began: 0,
  ended: 1
})

const read = (told: Told): Operation => ({
  request: { _tag: "Read", account: "ada" },
  told,
  began: 0,
  ended: 1
})

const truthOf = (rows: Rows) => new Map([["ada", rows]])

const done: Told = { _tag: "Done", found: [] }
const failures: ReadonlyArray<Told> = [
  { _tag: "Failed", message: "connection lost" },
  { _tag: "Died" },
  { _tag: "Unanswered" }
]
const told = FastCheck.constantFrom(done, ...failures)
const rows = FastCheck.record({ accounts: FastCheck.nat(3), sessions: FastCheck.nat(3) })

describe("the judge", () => {
  it("believes a success only of what is there", () => {
    assert.strictEqual(judge(signUp(done), truthOf({ accounts: 1, sessions: 1 })), "Done")
    assert.strictEqual(judge(signUp(done), new Map()), "AcknowledgedButLost")
  })

  it.each(failures)("a caller who was told $_tag was told wrong if it is there", (failure) => {
    const there = truthOf({ accounts: 1, sessions: 1 })
    assert.strictEqual(judge(signUp(failure), there), "FailedButCommitted")
    assert.strictEqual(judge(signUp(failure), new Map()), "Failed")
  })

  it.prop("calls doubled what is there twice, whatever was said", [told, rows], ([each, count]) => {
    const judgement = judge(signUp(each), truthOf(count))
    const isDoubled = count.accounts > 1 || count.sessions > 1
    assert.strictEqual(judgement === "Doubled", isDoubled)
  })

  it.prop("calls half-written what has one row of two", [told], ([each]) => {
    for (const half of [
      { accounts: 1, sessions: 0 },
      { accounts: 0, sessions: 1 }
    ]) {
      assert.strictEqual(judge(signUp(each), truthOf(half)), "HalfWritten")
    }
  })

  it("takes for read only the account that was asked for", () => {
    assert.strictEqual(judge(read({ _tag: "Done", found: ["ada"] }), new Map()), "Done")
    assert.strictEqual(judge(read({ _tag: "Done", found: [] }), new Map()), "WronglyRead")
    assert.strictEqual(judge(read({ _tag: "Done", found: ["bob"] }), new Map()), "WronglyRead")
    assert.strictEqual(judge(read({ _tag: "Died" }), new Map()), "Failed")
  })
})
