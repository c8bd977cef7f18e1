import type { SqlError } from "@effect/sql/SqlError"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Logger, LogLevel, TestClock } from "effect"
import * as AuditView from "../../src/admin/AuditView.ts"
import { Pool } from "../../src/pool/index.ts"
import { fromCause } from "../../src/sql/failure/PgError.ts"
import { scriptedClient } from "../auth/ScriptedClient.ts"
import { fakePool } from "../http/FakePool.ts"

type Rows = Effect.Effect<ReadonlyArray<unknown>, SqlError>

const refused = (code: string, message: string): Rows =>
  Effect.fail(
    fromCause(Object.assign(new Error(message), { code, severity: "ERROR" }), {
      phase: "statement",
      inTransaction: false,
      sent: true
    })
  )

const event = (at: unknown) => ({
  id: "5e7c1e9a-0000-4000-8000-000000000000",
  at,
  kind: "sign-up",
  user_id: null,
  address: null
})

/** What is known after each of some looks at the log, which are answered so, and what was logged. */
const looks = (...answers: ReadonlyArray<Rows>) => {
  const told: Array<string> = []
  const left = [...answers]
  const client = scriptedClient(() => left.shift() ?? Effect.die("it was not to be read"))
  const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) => {
    if (LogLevel.greaterThanEqual(logLevel, LogLevel.Warning))
      told.push(`${message} ${Cause.pretty(cause, { renderErrorCause: true })}`)
  })
  return Effect.gen(function* () {
    const view = yield* AuditView.make(yield* Pool, Effect.void)
    const look = Effect.zipRight(view.refresh, TestClock.adjust("10 seconds"))
    const views = yield* Effect.forEach(answers, () => Effect.zipRight(look, view.current))
    return { behind: views.map(({ behind }) => behind), known: views.at(-1)?.events.length, told }
  }).pipe(
    Effect.scoped,
    Effect.provide([client, fakePool(), Logger.replace(Logger.defaultLogger, logger)])
  )
}

describe("the audit log on the dashboard", () => {
  const sound: Rows = Effect.succeed([event(new Date(0))])

  it.effect("is behind a database that is away only where the connection failed", () =>
    Effect.gen(function* () {
      const gone = refused("ECONNRESET", "read ECONNRESET")
      const { behind, known, told } = yield* looks(gone, sound)
      assert.deepStrictEqual(behind, ["away", null])
      assert.strictEqual(known, 1)
      assert.deepStrictEqual(told, [], "the pool tells of that")
    })
  )

  it.effect("could not be read where the database refuses or is slow, which is logged once", () =>
    Effect.gen(function* () {
      const forbidden = refused("42501", "permission denied for table audit_events")
      const { behind, told } = yield* looks(forbidden, forbidden, sound, Effect.never)
      assert.deepStrictEqual(behind, ["failed", "failed", null, "failed"])
      assert.lengthOf(told, 2)
      assert.match(told[0] ?? "", /audit log could not be read.*permission denied/s)
    })
  )

  it.effect("is read again after a defect of reading it", () =>
    Effect.gen(function* () {
      const nonsense: Rows = Effect.succeed([event("infinity")])
      const { behind, known } = yield* looks(nonsense, sound)
      assert.deepStrictEqual(behind, ["failed", null])
      assert.strictEqual(known, 1)
    })
  )
})
