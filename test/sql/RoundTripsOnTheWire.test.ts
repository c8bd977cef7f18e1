import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { wireTrips } from "../support/WireTrips.ts"

const client = proxiedClient().pipe(
  Layer.provideMerge(network),
  Layer.provideMerge(TestDatabase.address)
)

layer(client, { excludeTestServices: true })("on the wire", (it) => {
  it.effect("a transaction of n statements takes n + 1 round trips, its first time as well", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE trips (id int)`
      const tripsOf = yield* wireTrips(yield* FaultProxy)
      const insert = (id: number) => sql`INSERT INTO trips VALUES (${id})`
      for (const n of [1, 2, 3, 3, 2, 1]) {
        const statements = Array.from({ length: n }, (_, id) => insert(id))
        assert.strictEqual(yield* tripsOf(sql.withTransaction(Effect.all(statements))), n + 1)
      }
    })
  )

  it.effect("a statement takes one", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const tripsOf = yield* wireTrips(yield* FaultProxy)
      for (const value of [1, 2, 3]) {
        assert.strictEqual(yield* tripsOf(sql`SELECT ${value}::int AS value`), 1)
      }
    })
  )
})
