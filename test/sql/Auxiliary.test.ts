import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import * as Auxiliary from "../../src/sql/Auxiliary.ts"
import { dial } from "../../src/sql/opening/Dial.ts"
import * as PgConnector from "../../src/sql/opening/PgConnector.ts"
import type { PgConnection } from "../../src/sql/session/PgConnection.ts"
import { sessionSettings } from "../../src/sql/session/SessionSettings.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const opened = Effect.gen(function* () {
  const { url } = yield* TestDatabase
  const connector = PgConnector.make(dial({ url }), yield* sessionSettings())
  return yield* Auxiliary.make({ connector, connectTimeout: Duration.seconds(5) })
})

const asked = (text: string) => (connection: PgConnection) =>
  connection.query({ text, isUnprepared: true }, { phase: "statement", inTransaction: false })

const test = { excludeTestServices: true, timeout: "30 seconds" } as const

layer(TestDatabase.address, test)("questions asked at the same time", (it) => {
  it.scoped("are asked one after the other, and who gives up takes nobody else's with them", () =>
    Effect.gen(function* () {
      const { ask } = yield* opened
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
