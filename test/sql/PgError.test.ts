import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { classify } from "../../src/sql/failure/classify.ts"
import { fromCause, type Phase } from "../../src/sql/failure/PgError.ts"
import { clients } from "./corpus/clients.ts"
import { neon } from "./corpus/neon.ts"
import { poolers } from "./corpus/poolers.ts"
import { postgres } from "./corpus/postgres.ts"

const server = (code: string, message = "…", severity = "ERROR") =>
  Object.assign(new Error(message), { code, severity })

const sentAlone = { phase: "statement", sent: true, inTransaction: false } as const

describe("what a failure means", () => {
  it.each([
    ["57P01", "ConnectionError", true],
    ["57P02", "ConnectionError", true],
    ["57P03", "ConnectionError", true],
    ["08006", "ConnectionError", true],
    ["53300", "ResourceError", true],
    ["25006", "ReadOnlyError", true],
    ["40001", "SerializationError", true],
    ["40P01", "DeadlockError", true],
    ["55P03", "LockTimeoutError", true],
    ["57014", "StatementTimeoutError", true],
    ["28P01", "AuthenticationError", false],
    ["42501", "AuthorizationError", false],
    ["42P01", "SqlSyntaxError", false],
    ["23505", "UniqueViolation", false],
    ["23503", "ConstraintError", false],
    ["22P02", "UnknownError", false]
  ])("SQLSTATE %s is %s, retryable: %s", (code, reason, isRetryable) => {
    const error = fromCause(server(code), sentAlone)
    assert.strictEqual(error.reason._tag, reason)
    assert.strictEqual(error.isRetryable, isRetryable)
    assert.strictEqual(error.sqlState, code)
  })
})

const corpus = [...postgres, ...clients, ...neon, ...poolers]

/** A failure that somebody met, or one of any code from PostgreSQL or a proxy. */
const anyFailure = fc.oneof(
  fc.constantFrom(...corpus).map(({ error }) => Object.assign(new Error(), error)),
  fc
    .record({
      code: fc.stringMatching(/^[0-9A-Z]{5}$/),
      severity: fc.constantFrom("ERROR", "FATAL", "PANIC"),
      routine: fc.constantFrom("ProcessInterrupts", "")
    })
    .map(({ code, routine, severity }) => ({
      ...server(code, "…", severity),
      code,
      severity,
      routine
    }))
)

const anyProgress = fc.record({
  phase: fc.constantFrom<Phase[]>("acquire", "begin", "statement", "commit", "rollback"),
  sent: fc.boolean(),
  inTransaction: fc.boolean(),
  text: fc.constantFrom(
    "INSERT INTO t VALUES (1)",
    "CALL p()",
    "INSERT INTO t VALUES (1); SELECT 1"
  )
})

describe("an outcome", () => {
  it.prop("is certain when nothing was sent", [anyFailure, anyProgress], ([cause, progress]) => {
    const { outcome } = fromCause(cause, { ...progress, sent: false })
    const hadBegun =
      progress.phase === "commit" || (progress.inTransaction && progress.phase !== "begin")
    assert.strictEqual(outcome, hadBegun ? "RolledBack" : "NotSent")
  })

  it.prop(
    "is never Committed by an error alone, and NotSent never once something was sent",
    [anyFailure, anyProgress],
    ([cause, progress]) => {
      const { outcome } = fromCause(cause, { ...progress, sent: true })
      assert.oneOf(outcome, ["RolledBack", "Unknown"])
    }
  )

  it.prop(
    "is certain before whatever is replayed",
    [anyFailure, anyProgress],
    ([cause, progress]) => {
      const error = fromCause(cause, progress)
      if (error.isSafeToReplay) assert.oneOf(error.outcome, ["NotSent", "RolledBack"])
      if (error.isSafeToReplay) assert.isTrue(error.isRetryable)
    }
  )

  it.prop(
    "is Unknown for what was sent alone and ended with the session, but for who had not begun",
    [anyFailure, fc.constantFrom<Phase[]>("statement", "commit")],
    ([cause, phase]) => {
      const { endsSession, hasNotBegun } = classify(cause)
      const { outcome } = fromCause(cause, { phase, sent: true, inTransaction: false })
      const severity = "severity" in cause ? cause.severity : ""
      if (endsSession && severity !== "ERROR") {
        assert.strictEqual(outcome, hasNotBegun ? "RolledBack" : "Unknown")
      }
    }
  )

  it.prop(
    "is RolledBack for what the server itself rejects, but for two codes that say they do not know",
    [fc.stringMatching(/^[0-9A-Z]{5}$/)],
    ([code]) => {
      const cause = { message: "…", code, severity: "ERROR", routine: "ExecInsert" }
      const expected = code === "40003" || code === "08007" ? "Unknown" : "RolledBack"
      assert.strictEqual(fromCause(cause, sentAlone).outcome, expected)
    }
  )

  it.each([
    "CALL settle()",
    "  do $$ begin commit; end $$",
    "-- monthly\n/* of May */ CALL settle()",
    "VACUUM accounts",
    "REINDEX DATABASE shop",
    "CREATE INDEX CONCURRENTLY i ON accounts (id)",
    "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)"
  ])("is Unknown for %s, which may have committed a part of itself", (text) => {
    const error = fromCause(
      { ...server("40P01"), routine: "DeadLockReport" },
      { ...sentAlone, text }
    )
    assert.strictEqual(error.outcome, "Unknown")
    assert.isFalse(error.isSafeToReplay)
  })

  it("is found at once behind ten thousand comments", () => {
    const text = `${"--".repeat(10_000)}\n${"/**/".repeat(10_000)}SELECT 1`
    assert.strictEqual(fromCause(server("40P01"), { ...sentAlone, text }).outcome, "RolledBack")
  })
})

describe("a message", () => {
  it.prop(
    "does not repeat what the server quotes of a statement, whatever the code",
    [fc.stringMatching(/^[0-9A-Z]{5}$/), fc.stringMatching(/^[a-z]{12,}$/), anyProgress],
    ([code, secret, progress]) => {
      const cause = {
        message: `invalid input syntax: "${secret}"`,
        detail: `Key (email)=(${secret}) already exists.`,
        where: secret,
        hint: secret,
        code,
        severity: "ERROR",
        routine: "exec_stmt_raise"
      }
      assert.notInclude(fromCause(cause, progress).message, secret)
    }
  )

  it.prop(
    "does not repeat what the driver quotes of a value that it cannot send",
    [fc.stringMatching(/^[a-z]{12,}$/)],
    ([secret]) => {
      const cause = new Error(`circular reference detected while preparing "${secret}" for query`)
      assert.notInclude(fromCause(cause, { ...sentAlone, sent: false }).message, secret)
    }
  )

  it("says of a lost connection what is known of it", () => {
    const cause = server("57P01", "terminating connection due to administrator command", "FATAL")
    assert.include(fromCause(cause, sentAlone).message, "administrator command")
  })
})
