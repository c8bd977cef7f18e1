import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { PgClient } from "holdfast"
import { FreshDatabase } from "holdfast/testing"
import { inject } from "vitest"

/** A database for this file alone, on the server that all files share. */
const Database = Layer.unwrapEffect(
  Effect.map(FreshDatabase, ({ url }) => PgClient.layer({ url }))
).pipe(Layer.provide(FreshDatabase.layer({ server: Redacted.make(inject("postgresUrl")) })))

layer(Database, { excludeTestServices: true })("the order book", (it) => {
  it.effect("is empty at first", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE orders (id int)`
      assert.deepStrictEqual(yield* sql`SELECT id FROM orders`, [])
    })
  )
})
