import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { fromCause } from "../../src/sql/PgError.ts"
import { classify } from "../../src/sql/SqlState.ts"

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

  it.each([
    ["XX000", "password authentication failed for user 'neondb_owner'", true],
    ["XX000", "Couldn't connect to compute node", false],
    ["XX000", "Too many connections attempts", false],
    ["08P01", "server login has been failing, try again later (server_login_retry)", false],
    ["08P01", "no such database: shop", true],
    ["3D000", 'database "shop" does not exist', true],
    ["28P01", 'password authentication failed for user "ada"', true],
    ["CERT_HAS_EXPIRED", "certificate has expired", true],
    ["ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:5432", false],
    ["57P03", "the database system is starting up", false]
  ])("connecting that fails with %s (%s) is fatal: %s", (code, message, isFatal) => {
    assert.strictEqual(classify(server(code, message)).isFatalToConnect, isFatal)
  })

  it("looks inside the error with which Node.js says that every address failed", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED ::1:5432"), {
      code: "ECONNREFUSED"
    })
    assert.isTrue(classify(new AggregateError([refused])).isRetryable)
  })

  it.prop(
    "is NotSent when nothing was sent, and never replayable when it may have taken effect",
    {
      code: fc.stringMatching(/^[0-9A-Z]{5}$/),
      severity: fc.constantFrom("ERROR", "FATAL", "PANIC"),
      sent: fc.boolean()
    },
    ({ code, sent, severity }) => {
      const error = fromCause(server(code, "…", severity), { ...sentAlone, sent })
      if (!sent) assert.strictEqual(error.outcome, "NotSent")
      if (sent && severity === "ERROR") assert.strictEqual(error.outcome, "RolledBack")
      if (sent && severity !== "ERROR") {
        assert.strictEqual(error.outcome, "Unknown")
        assert.isFalse(error.isSafeToReplay)
      }
      if (severity !== "ERROR") assert.isTrue(error.endsSession)
    }
  )

  it.prop(
    "does not repeat what the server quotes of a statement that it judged",
    [fc.string({ minLength: 12 })],
    ([secret]) => {
      const error = fromCause(server("22P02", `invalid input syntax: "${secret}"`), sentAlone)
      assert.notInclude(error.message, secret)
    }
  )
})
