import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PgClient } from "holdfast"
import { EmbeddedPostgres } from "holdfast/testing"

/** The service under test: it takes orders. */
const takeOrder = (id: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const order = sql`INSERT INTO orders (id) VALUES (${id})`
    yield* sql.withTransaction(order).pipe(PgClient.replay())
    return id
  })

/** A PostgreSQL of its own, and a client for it. */
const Database = Layer.unwrapEffect(
  Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url }))
).pipe(Layer.provideMerge(EmbeddedPostgres.layer()))

layer(Database, { excludeTestServices: true, timeout: "1 minute" })("my service", (it) => {
  it.effect(
    "survives a database restart",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const postgres = yield* EmbeddedPostgres
        yield* sql`CREATE TABLE orders (id int)`

        // 200 orders within a second, and a restart in the midst of them.
        const orders = Effect.forEach(
          Array.from({ length: 200 }, (_, id) => id),
          (id) => Effect.delay(takeOrder(id), `${5 * id} millis`),
          { concurrency: "unbounded" }
        )
        const restart = Effect.delay(postgres.restart("fast"), "300 millis")
        const [acknowledged] = yield* Effect.all([orders, restart], { concurrency: "unbounded" })

        // None has failed, or we would not be here. Each is there, and there is none twice.
        const stored = yield* sql<{ id: number }>`SELECT id FROM orders ORDER BY id`
        assert.deepStrictEqual(
          stored.map(({ id }) => id),
          acknowledged
        )
      }),
    20_000
  )
})
