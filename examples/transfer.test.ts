import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Fiber, Layer, Redacted } from "effect"
import { killBackends } from "../test/support/Backends.ts"
import { Direct } from "../test/support/Direct.ts"
import { TestDatabase } from "../test/support/TestDatabase.ts"
import { Database, transfer } from "./transfer.ts"

const environment = Layer.unwrapEffect(
  Effect.map(TestDatabase, ({ url }) =>
    Layer.setConfigProvider(
      ConfigProvider.fromMap(new Map([["DATABASE_URL", Redacted.value(url)]]))
    )
  )
)

const stage = Layer.merge(Layer.provide(Database, environment), Direct.layer).pipe(
  Layer.provideMerge(TestDatabase.address)
)

layer(stage, { excludeTestServices: true })("a transfer", (it) => {
  it.effect("happens exactly once, also when backends are killed again and again", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE purses (owner text PRIMARY KEY, amount int)`
      yield* sql`INSERT INTO purses VALUES ('Ada', 100), ('Grace', 0)`
      let killed = 0
      const killing = killBackends.pipe(
        Effect.tap((pids) => Effect.sync(() => (killed += pids.length))),
        Effect.zipRight(Effect.sleep("200 millis")),
        Effect.forever
      )
      const killer = yield* Effect.fork(killing)
      const some = Array.from({ length: 20 }, (_, index) => index)
      yield* Effect.forEach(some, (n) => Effect.delay(transfer("Ada", "Grace", 1), 30 * n), {
        concurrency: 20
      })
      yield* Fiber.interrupt(killer)
      assert.isAbove(killed, 0)
      const purses = yield* sql`SELECT owner, amount FROM purses ORDER BY owner`
      assert.deepStrictEqual(purses, [
        { owner: "Ada", amount: 80 },
        { owner: "Grace", amount: 20 }
      ])
    })
  )
})
