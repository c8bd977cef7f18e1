import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { probesWhileBusy } from "../../proofs/freeze/Busy.ts"
import { planOf, usual } from "../../proofs/freeze/Freeze.ts"
import { freezeOnce, makeStage, type Server } from "../../proofs/freeze/Freezing.ts"
import { failuresOf } from "../../proofs/freeze/Page.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const server = Effect.gen(function* () {
  const { url } = yield* TestDatabase
  const { hostname, port } = new URL(Redacted.value(url))
  const direct = yield* SqlClient.SqlClient
  return { url, direct, address: { host: hostname, port: Number(port) } } satisfies Server
})

layer(TestDatabase.layer, { excludeTestServices: true })("a process that was frozen", (it) => {
  it.scoped(
    "lends none of the connections that ended meanwhile",
    () =>
      Effect.gen(function* () {
        const stage = yield* makeStage(yield* server)
        const plan = planOf({ seed: 1, count: 18, millis: usual })
        const thaws = yield* Effect.forEach(plan, (freeze) => freezeOnce(stage, freeze))
        assert.deepStrictEqual(failuresOf(thaws), [])
        assert.isTrue(thaws.every(({ ended }) => ended > 0))
      }),
    60_000
  )

  it.scoped("probes no connection that is busy", () =>
    Effect.gen(function* () {
      const busy = yield* probesWhileBusy(yield* server, 1000)
      assert.strictEqual(busy.probes, 0)
    })
  )
})
