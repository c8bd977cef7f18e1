import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import {
  isOffence,
  type Promised,
  type Reported,
  type Truth,
  verdictOf
} from "../../proofs/Verdict.ts"
import type { Outcome, Phase } from "../../src/sql/index.ts"

const outcome = FastCheck.constantFrom<Outcome>("NotSent", "RolledBack", "Committed", "Unknown")
const phase = FastCheck.constantFrom<Phase>("acquire", "begin", "statement", "commit", "rollback")
const success: Reported = { _tag: "Success" }
const failure = FastCheck.record({
  _tag: FastCheck.constant("Failure" as const),
  outcome,
  phase,
  message: FastCheck.constant("connection lost")
})
const reported: FastCheck.Arbitrary<Reported> = FastCheck.oneof(
  FastCheck.constant(success),
  failure,
  FastCheck.constant({ _tag: "Defect" as const, message: "boom" })
)
const promised: FastCheck.Arbitrary<Promised> = FastCheck.record({
  wasSent: FastCheck.boolean(),
  isResolvable: FastCheck.boolean(),
  isReplayed: FastCheck.boolean()
})

const rows = FastCheck.nat(2)
const anyTruth: FastCheck.Arbitrary<Truth> = FastCheck.record({
  users: rows,
  sessions: rows,
  audits: rows
})
const absent: Truth = { users: 0, sessions: 0, audits: 0 }
const whole: Truth = { users: 1, sessions: 1, audits: 1 }
const isSound = ({ audits, sessions, users }: Truth) =>
  users <= 1 && users === sessions && users === audits

describe("verdictOf", () => {
  it.prop(
    "finds an offence in every sign-up that is doubled or half-written, whatever was said",
    [reported, anyTruth, promised],
    ([said, truth, promise]) => {
      const verdict = verdictOf(said, truth, promise)
      assert.strictEqual(verdict === "Doubled" || verdict === "HalfWritten", !isSound(truth))
      assert.strictEqual(
        verdict === "Doubled",
        [truth.users, truth.sessions, truth.audits].some((count) => count > 1)
      )
    }
  )

  it.prop(
    "takes a success for true only where all rows are there once",
    [anyTruth, promised],
    ([truth, promise]) => {
      const isThereOnce = isSound(truth) && truth.users === 1
      assert.strictEqual(verdictOf(success, truth, promise) === "Acknowledged", isThereOnce)
      assert.strictEqual(isOffence(verdictOf(success, truth, promise)), !isThereOnce)
    }
  )

  it.prop(
    "excuses a failure of what committed only by Unknown, where it can't be known",
    [failure, promised],
    ([said, promise]) => {
      const isExcused = said.outcome === "Unknown" && !promise.isResolvable
      const expected = isExcused ? "Unknown" : "FailedButCommitted"
      assert.strictEqual(verdictOf(said, whole, promise), expected)
    }
  )

  it.prop(
    "takes a claim to have committed for a loss where nothing is there",
    [failure, promised],
    ([said, promise]) => {
      const claim = verdictOf({ ...said, outcome: "Committed" }, absent, promise)
      assert.strictEqual(claim, "AcknowledgedButLost")
    }
  )

  it.prop(
    "excuses a failure that left nothing only if it was sent, and not replayed unless Unknown",
    [failure, promised],
    ([said, promise]) => {
      const verdict = verdictOf(said, absent, promise)
      const isUnsent = said.outcome === "NotSent" || ["acquire", "begin"].includes(said.phase)
      const isHonest =
        promise.wasSent &&
        !isUnsent &&
        (said.outcome === "Unknown" || (said.outcome === "RolledBack" && !promise.isReplayed))
      assert.strictEqual(!isOffence(verdict), isHonest)
      if (isHonest) assert.strictEqual(verdict, said.outcome)
    }
  )

  it.prop("never excuses a defect", [anyTruth, promised], ([truth, promise]) => {
    assert.isTrue(isOffence(verdictOf({ _tag: "Defect", message: "boom" }, truth, promise)))
  })
})
