import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import { told } from "./outcome.ts"

layer(TestDatabase.layer, { excludeTestServices: true })("what is told of a statement", (it) => {
  it.effect("is what became of it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE marks (id int PRIMARY KEY)`
      const mark = sql`INSERT INTO marks VALUES (1)`
      assert.strictEqual(yield* told(mark), "It is done.")
      assert.match(yield* told(mark), /^Nothing happened/)
      const ended = sql`SELECT pg_terminate_backend(pg_backend_pid())`
      assert.match(yield* told(ended), /^It may be done/)
      assert.match(yield* told(sql.withTransaction(ended)), /^Nothing happened/)
      assert.strictEqual(yield* Effect.flip(told(Effect.fail("mine"))), "mine")
    })
  )
})
