import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import * as Auxiliary from "../../src/sql/Auxiliary.ts"
import type { PgClient } from "../../src/sql/index.ts"
import { dial } from "../../src/sql/opening/Dial.ts"
import * as PgConnector from "../../src/sql/opening/PgConnector.ts"
import type { PgConnection } from "../../src/sql/session/PgConnection.ts"
import { sessionSettings } from "../../src/sql/session/SessionSettings.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const opened = (options: PgClient.PgClientConfig = {}) =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const connector = PgConnector.make(dial({ url, ...options }), yield* sessionSettings())
    return yield* Auxiliary.make({ connector, connectTimeout: Duration.seconds(5) })
  })

const asked = (text: string) => (connection: PgConnection) =>
  connection.query({ text, isUnprepared: true }, { phase: "statement", inTransaction: false })

const test = { excludeTestServices: true, timeout: "30 seconds" } as const

layer(TestDatabase.address, test)("questions asked at the same time", (it) => {
  it.scoped("are asked one after the other, and who gives up takes nobody else's with them", () =>
    Effect.gen(function* () {
      const { ask } = yield* opened()
      yield* ask(asked("SELECT 1"))
      const slow = yield* Effect.fork(ask(asked("SELECT pg_sleep(0.5)")))
      const impatient = yield* Effect.fork(ask(asked("SELECT 2")))
      const last = yield* Effect.fork(ask(asked("SELECT 3 AS three")))
      yield* Effect.sleep("100 millis")
      yield* Fiber.interrupt(impatient)
      yield* Fiber.join(slow)
      const answer = yield* Fiber.join(last)
      assert.deepInclude("rows" in answer ? answer.rows : [], { three: 3 })
    })
  )
})

const sessionsCalled = (name: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql`SELECT pid FROM pg_stat_activity WHERE application_name = ${name}`
    return rows.length
  })

layer(TestDatabase.client({ maxConnections: 1 }), test)("a session beside the pool", (it) => {
  it.scoped("has none beside it because a question gave up while it waited for its turn", () =>
    Effect.gen(function* () {
      const applicationName = "one-beside"
      const { ask } = yield* opened({ applicationName })
      yield* ask(asked("SELECT 1"))
      const slow = yield* Effect.fork(ask(asked("SELECT pg_sleep(0.6)")))
      yield* Effect.sleep("50 millis")
      const impatient = ask(asked("SELECT 2"), Duration.millis(100))
      assert.strictEqual(yield* Effect.flip(impatient), Auxiliary.unanswered)
      const next = yield* Effect.fork(ask(asked("SELECT 3")))
      yield* Effect.sleep("200 millis")
      assert.strictEqual(yield* sessionsCalled(applicationName), 1)
      yield* Fiber.join(slow)
      yield* Fiber.join(next)
    })
  )

  it.scoped("that follows one which failed is closed after its second, and with the scope", () =>
    Effect.gen(function* () {
      const applicationName = "beside"
      const open = sessionsCalled(applicationName)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { ask } = yield* opened({ applicationName })
          yield* Effect.flip(ask(asked("SELECT 1 / 0")))
          yield* Effect.sleep("500 millis")
          yield* ask(asked("SELECT 1"))
          assert.strictEqual(yield* open, 1)
          // A second after the failure it is not yet its turn to be closed, nor to be forgotten.
          yield* Effect.sleep("700 millis")
          yield* ask(asked("SELECT 1"))
          assert.strictEqual(yield* open, 1)
        })
      )
      yield* Effect.timeout(Effect.repeat(open, { until: (count) => count === 0 }), "5 seconds")
    })
  )
})
