import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { PgClient } from "holdfast"
import { FaultProxy, FreshDatabase } from "holdfast/testing"
import { inject } from "vitest"

/** A client that reaches a database of this file's own through a proxy. */
const Database = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { url } = yield* FreshDatabase
    const proxy = yield* FaultProxy
    return PgClient.layer({ url: proxy.url(url), statementTimeout: "300 millis" })
  })
).pipe(
  Layer.provideMerge(
    Layer.unwrapEffect(Effect.map(FreshDatabase, ({ url }) => FaultProxy.layer({ upstream: url })))
  ),
  Layer.provideMerge(FreshDatabase.layer({ server: Redacted.make(inject("postgresUrl")) }))
)

layer(Database, { excludeTestServices: true })("a fault", (it) => {
  it.effect("lasts as long as its scope", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const proxy = yield* FaultProxy
      const workload = Effect.exit(sql`SELECT 1 AS one`)
      const during = yield* Effect.scoped(
        Effect.andThen(proxy.inject({ _tag: "Mute", direction: "toClient" }), workload)
      )
      assert.strictEqual(during._tag, "Failure")
      assert.strictEqual((yield* workload)._tag, "Success")
    })
  )
})
