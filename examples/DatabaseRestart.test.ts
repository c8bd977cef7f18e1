import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PgClient } from "holdfast"
import { EmbeddedPostgres } from "holdfast/testing"

/** The service under test: it takes orders. */
const takeOrder = (id: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const order = Effect.gen(function* () {
      yield* sql`INSERT INTO orders (id) VALUES (${id})`
      yield* sql`UPDATE stock SET left_over = left_over - 1`
    })
    yield* sql.withTransaction(order).pipe(PgClient.replay())
    return id
  })

const schema = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE orders (id int PRIMARY KEY)`
  yield* sql`CREATE TABLE stock (left_over int NOT NULL)`
  yield* sql`INSERT INTO stock VALUES (1000)`
})

const Database = Layer.unwrapEffect(
  Effect.map(EmbeddedPostgres, ({ url }) => PgClient.layer({ url }))
).pipe(Layer.provideMerge(EmbeddedPostgres.layer()))

layer(Database, { excludeTestServices: true, timeout: "1 minute" })("my service", (it) => {
  it.effect(
    "survives a database restart",
    () =>
      Effect.gen(function* () {
        yield* schema
        const sql = yield* SqlClient.SqlClient
        const postgres = yield* EmbeddedPostgres

        const ids = Array.from({ length: 200 }, (_, i) => i)
        const orders = Effect.forEach(
          ids,
          (id) => Effect.delay(takeOrder(id), `${5 * id} millis`),
          { concurrency: "unbounded" }
        )
        const restart = Effect.delay(postgres.restart("fast"), "300 millis")
        const [acknowledged] = yield* Effect.all([orders, restart], { concurrency: "unbounded" })

        const stored = yield* sql<{ id: number }>`SELECT id FROM orders ORDER BY id`
        assert.deepStrictEqual(
          stored.map(({ id }) => id),
          acknowledged
        )
        const [stock] = yield* sql<{ left_over: number }>`SELECT left_over FROM stock`
        assert.strictEqual(stock?.left_over, 1000 - ids.length)
      }),
    20_000
  )
})
