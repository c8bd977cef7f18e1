import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import { database } from "./expiringPassword.ts"

layer(TestDatabase.layer, { excludeTestServices: true })("a token as a password", (it) => {
  it.effect("is fetched for each connection, and opens it", () =>
    Effect.gen(function* () {
      const admin = yield* SqlClient.SqlClient
      const role = `example_${process.pid}`
      yield* admin.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'token-1'`)
      const address = new URL(Redacted.value((yield* TestDatabase).url))
      address.username = role
      address.password = ""
      let fetched = 0
      const token = Effect.sync(() => {
        fetched += 1
        return Redacted.make("token-1")
      })
      const who = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT current_user AS me`)
      const rows = yield* Effect.provide(who, database(Redacted.make(address.href), token))
      assert.deepStrictEqual(rows, [{ me: role }])
      assert.strictEqual(fetched, 1)
    })
  )
})
