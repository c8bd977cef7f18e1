import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import pg from "pg"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import { clientOver, ownPool } from "./existingPool.ts"

const one = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 AS one`)

layer(TestDatabase.address, { excludeTestServices: true })("a pool that exists", (it) => {
  it.effect("is used, and left open for the others", () =>
    Effect.gen(function* () {
      const connectionString = Redacted.value((yield* TestDatabase).url)
      const pool = new pg.Pool({ connectionString })
      assert.deepStrictEqual(yield* Effect.provide(one, clientOver(pool)), [{ one: 1 }])
      const { rows } = yield* Effect.promise(() => pool.query("SELECT 2 AS two"))
      assert.deepStrictEqual(rows, [{ two: 2 }])
      yield* Effect.promise(() => pool.end())
    })
  )

  it.effect("or is made, and ended with the client", () =>
    Effect.gen(function* () {
      const connectionString = Redacted.value((yield* TestDatabase).url)
      assert.deepStrictEqual(yield* Effect.provide(one, ownPool(connectionString)), [{ one: 1 }])
    })
  )
})
