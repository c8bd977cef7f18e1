import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const client = proxiedClient().pipe(
  Layer.provideMerge(network),
  Layer.provideMerge(TestDatabase.address)
)

layer(client, { excludeTestServices: true })("a nested transaction", (it) => {
  it.effect("that is interrupted while its savepoint is released stays out of the rest", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const proxy = yield* FaultProxy
      yield* sql`CREATE TABLE nested (id int)`
      const insert = (id: number) => sql`INSERT INTO nested VALUES (${id})`
      const givenUp = Effect.gen(function* () {
        const isDone = yield* Deferred.make<void>()
        const body = Effect.zipRight(insert(2), Deferred.succeed(isDone, undefined))
        const fiber = yield* Effect.fork(sql.withTransaction(body))
        yield* Deferred.await(isDone)
        yield* Effect.sleep("5 millis")
        yield* Fiber.interrupt(fiber)
      })
      for (let round = 0; round < 5; round++) {
        yield* proxy.latency("10 millis")
        const outer = Effect.zipRight(Effect.zipRight(insert(1), givenUp), insert(3))
        yield* Effect.exit(sql.withTransaction(outer))
        yield* proxy.latency("0 millis")
        assert.notDeepInclude(yield* sql`SELECT id FROM nested`, { id: 2 })
      }
    })
  )
})
