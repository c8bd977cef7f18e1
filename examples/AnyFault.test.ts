import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Either, Layer, Option } from "effect"
import { PgClient, PgError } from "holdfast"
import {
  EmbeddedPostgres,
  FaultProxy,
  FaultSchedule,
  injectInto,
  proxyFaultKinds,
  serverFaultKinds
} from "holdfast/testing"

/** The service under test: it takes orders. */
const takeOrder = (id: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const order = sql`INSERT INTO orders (id) VALUES (${id})`
    yield* sql.withTransaction(order).pipe(PgClient.replay())
  })

/** A crash can leave a COMMIT in doubt. Then, and only then, the failure says so. */
const isInDoubt = (error: unknown) =>
  Option.exists(PgError.of(error), ({ outcome }) => outcome === "Unknown")

/** The test's own statements, which the last fault may still hit. */
const anyway = PgClient.replay({ idempotent: true })

/** A client that reaches the server through the proxy. */
const Database = Layer.unwrapEffect(
  Effect.gen(function* () {
    const proxy = yield* FaultProxy
    const { url } = yield* EmbeddedPostgres
    return PgClient.layer({ url: proxy.url(url) })
  })
).pipe(Layer.provideMerge(FaultProxy.layerEmbedded), Layer.provideMerge(EmbeddedPostgres.layer()))

layer(Database, { excludeTestServices: true, timeout: "1 minute" })("my service", (it) => {
  it.effect.prop(
    "stores what it acknowledges once, and what it refuses not at all, whatever goes wrong",
    [FaultSchedule.arbitrary({ kinds: [...proxyFaultKinds, ...serverFaultKinds] })],
    ([schedule]) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* anyway(sql`DROP TABLE IF EXISTS orders`)
        yield* anyway(sql`CREATE TABLE IF NOT EXISTS orders (id int)`)

        const inject = injectInto(yield* FaultProxy, yield* EmbeddedPostgres)
        const orders = Effect.forEach(
          Array.from({ length: 20 }, (_, id) => id),
          (id) => Effect.either(Effect.delay(takeOrder(id), `${25 * id} millis`)),
          { concurrency: "unbounded" }
        )
        const [answers] = yield* Effect.all([orders, FaultSchedule.run(schedule, inject)], {
          concurrency: "unbounded"
        })

        const stored = yield* anyway(sql<{ id: number }>`SELECT id FROM orders`)
        for (const [order, answer] of answers.entries()) {
          const times = stored.filter(({ id }) => id === order).length
          if (Either.isRight(answer)) assert.strictEqual(times, 1)
          else assert.isAtMost(times, isInDoubt(answer.left) ? 1 : 0)
        }
      }),
    // A run takes a second. 100 are the default; to shrink a failure takes about as many.
    { fastCheck: { numRuns: 5 }, timeout: 300_000 }
  )
})
