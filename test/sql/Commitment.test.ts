import { Exit, FiberId } from "effect"
import { assert, describe, it } from "vitest"
import { fromCause, type PgError } from "../../src/sql/failure/PgError.ts"
import { Commitment } from "../../src/sql/statement/Commitment.ts"
import type { ReplayedRun } from "../../src/sql/statement/ReplayedRun.ts"

const runWithin = (outer?: ReplayedRun): ReplayedRun => ({
  commitments: 0,
  after: undefined,
  outer
})

const lost = (sent: boolean, inTransaction = false) =>
  fromCause(Object.assign(new Error("reset"), { code: "ECONNRESET" }), {
    phase: "statement",
    sent,
    inTransaction
  })

const stays: ReadonlyArray<readonly [string, Exit.Exit<string, PgError>]> = [
  ["has succeeded", Exit.succeed("done")],
  ["is in doubt", Exit.fail(lost(true))],
  ["has died", Exit.die("of something else")],
  ["was interrupted", Exit.interrupt(FiberId.none)]
]

const undone: ReadonlyArray<readonly [string, Exit.Exit<string, PgError>]> = [
  ["was not sent", Exit.fail(lost(false))],
  ["was rolled back", Exit.fail(lost(true, true))]
]

describe("what may be committed within a replay", () => {
  it("counts from when it is sent, in every replay around it", () => {
    const outer = runWithin()
    const inner = runWithin(outer)
    new Commitment(inner).sending(() => undefined)
    assert.strictEqual(inner.commitments, 1)
    assert.strictEqual(outer.commitments, 1)
  })

  it.each(stays)("counts on where it %s", (_, exit) => {
    const run = runWithin()
    const heard: Array<unknown> = []
    new Commitment(run).sending<string>((result) => heard.push(result))(exit)
    assert.strictEqual(run.commitments, 1)
    assert.deepStrictEqual(heard, [exit])
  })

  it.each(undone)("is taken back, once, where it %s", (_, exit) => {
    const outer = runWithin()
    const run = runWithin(outer)
    new Commitment(run).made()
    const commitment = new Commitment(run)
    const done = commitment.sending<string>(() => undefined)
    done(exit)
    done(exit)
    commitment.undone()
    assert.strictEqual(run.commitments, 1)
    assert.strictEqual(outer.commitments, 1)
  })
})
