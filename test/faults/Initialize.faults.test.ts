import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const stage = Layer.provideMerge(network, TestDatabase.address)

layer(stage, { excludeTestServices: true })("what the first connection does", (it) => {
  it.effect("is begun again at once where the network has swallowed it", () =>
    Effect.gen(function* () {
      const { blackholeAll } = yield* FaultProxy
      let times = 0
      const client = proxiedClient({
        maxConnections: 3,
        silenceThreshold: "160 millis",
        initialize: (session) =>
          Effect.suspend(() => {
            times += 1
            const swallowed = times === 1 ? blackholeAll : Effect.void
            const asked = session.executeUnprepared("select 1", [], undefined)
            return Effect.asVoid(Effect.zipRight(swallowed, asked))
          })
      })
      const used = Effect.flatMap(PgClient.PgClient, (sql) => sql`SELECT 1 AS one`)
      const rows = yield* Effect.timeout(Effect.provide(used, client), "4 seconds")
      assert.deepStrictEqual(rows, [{ one: 1 }])
      assert.strictEqual(times, 2)
    })
  )
})
