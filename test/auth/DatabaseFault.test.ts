import { inspect } from "node:util"
import { SqlError } from "@effect/sql/SqlError"
import { describe, expect, it } from "@effect/vitest"
import { Cause, Duration, Effect } from "effect"
import { fromSqlError } from "../../src/auth/DatabaseFault.ts"
import { AcquireTimeout, ConnectError, PoolClosed } from "../../src/pool/PoolError.ts"
import { fromAcquire } from "../../src/sql/failure/PgError.ts"
import { answerLost, serverError } from "./ScriptedClient.ts"

const timedOut = (retryAfter: Duration.DurationInput) =>
  fromAcquire(
    new AcquireTimeout({ message: "no connection", retryAfter: Duration.decode(retryAfter) })
  )

const refused = (code: string, isFatal: boolean) =>
  fromAcquire(
    new ConnectError({
      message: "refused",
      isFatal,
      provesRestart: false,
      cause: Object.assign(new Error("refused"), { code, severity: "FATAL" })
    })
  )

describe("a database that can't do its work now is unavailable", () => {
  it.effect.each([
    ["an answer is lost", answerLost],
    ["no connection is free", timedOut("2 seconds")],
    ["the pool is closing", fromAcquire(new PoolClosed({ message: "closed" }))],
    ["it refuses connections", refused("ECONNREFUSED", false)],
    ["it is starting", refused("57P03", false)],
    ["it does not know the password", refused("28P01", true)],
    ["it does not exist", refused("3D000", true)],
    ["it has too many connections", serverError("53300")],
    ["its disk is full", serverError("53100")],
    ["it became a standby", serverError("25006")],
    ["an administrator ended the session", serverError("57P01")],
    ["a statement took too long", serverError("57014")],
    ["it chose a deadlock's victim", serverError("40P01")],
    ["transactions could not be put in order", serverError("40001")],
    ["a lock could not be had", serverError("55P03")]
  ] as const)("when %s", ([, error]) =>
    Effect.gen(function* () {
      const fault = yield* Effect.flip(fromSqlError(error))
      expect(fault).toMatchObject({ _tag: "DatabaseUnavailable" })
      expect(fault.retryAfterSeconds).toBeGreaterThanOrEqual(1)
    })
  )

  it.effect.each([
    [0, 1],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [90_000, 90]
  ] as const)("for whole seconds: %j ms are told as %j s", ([millis, seconds]) =>
    Effect.gen(function* () {
      const fault = yield* Effect.flip(fromSqlError(timedOut(Duration.millis(millis))))
      expect(fault.retryAfterSeconds).toBe(seconds)
    })
  )
})

describe("a statement that can never be executed is a defect, which names what is wrong", () => {
  it.effect.each([
    ["42P01", { message: 'relation "users" does not exist' }, /relation "users" does not exist/],
    ["42601", { message: "syntax error" }, /syntax error/],
    ["42501", { message: "permission denied for table users" }, /permission denied/],
    ["23514", { constraint: "users_email_canonical" }, /users_email_canonical/],
    ["23502", {}, /23502/],
    ["XX000", {}, /XX000/]
  ] as const)("%s", ([code, fields, sentence]) =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(Effect.sandbox(fromSqlError(serverError(code, fields))))
      expect(Cause.isDie(cause)).toBe(true)
      expect(Cause.pretty(cause)).toMatch(sentence)
    })
  )

  it.effect("and quotes no values, neither in its text nor in what it holds", () =>
    Effect.gen(function* () {
      const error = serverError("23514", {
        message: "canary",
        detail: "Failing row contains (canary@example.com)",
        constraint: "users_email_canonical"
      })
      const cause = yield* Effect.flip(Effect.sandbox(fromSqlError(error)))
      expect(inspect(cause, { depth: 20, showHidden: true })).not.toMatch(/canary/)
    })
  )

  it.effect("and so is the failure of a client without outcomes", () =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(
        Effect.sandbox(fromSqlError(new SqlError({ cause: new Error("canary") })))
      )
      expect(Cause.isDie(cause)).toBe(true)
      expect(Cause.pretty(cause)).toMatch(/Provide the SqlClient of holdfast/)
    })
  )
})
