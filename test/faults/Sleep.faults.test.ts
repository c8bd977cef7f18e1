import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { abandoned, type Rest, undisturbed } from "../../proofs/sleep/Rest.ts"
import { type Server, sleep } from "../../proofs/sleep/Sleep.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const server = Effect.gen(function* () {
  const { url } = yield* TestDatabase
  const { hostname, port } = new URL(Redacted.value(url))
  const direct = yield* SqlClient.SqlClient
  return { url, direct, address: { host: hostname, port: Number(port) } } satisfies Server
})

/** Longer than a connection may be idle without a proof, and than all delays between dials. */
const silence = "2 seconds"

const sleepOf = (rests: ReadonlyArray<Rest>) =>
  Effect.flatMap(server, (each) =>
    Effect.forEach(rests, (rest) => sleep(each, rest, silence), { concurrency: "unbounded" })
  )

layer(TestDatabase.layer, { excludeTestServices: true })("a pool that nobody asks", (it) => {
  it.effect("sends no byte and opens no connection", () =>
    Effect.gen(function* () {
      for (const { rest, ...seen } of yield* sleepOf(undisturbed)) {
        assert.strictEqual(seen.bytesToServer, 0, rest.name)
        assert.strictEqual(seen.bytesToClient, 0, rest.name)
        assert.strictEqual(seen.connectionsOpened, 0, rest.name)
        assert.isAtLeast(seen.connectionsAtFirst, rest.min ?? 1, rest.name)
        assert.strictEqual(seen.connectionsLeft, seen.connectionsAtFirst, rest.name)
        assert.strictEqual(seen.openedForIt, 0, rest.name)
      }
    })
  )

  it.effect("lets its server go to sleep, and opens what is asked for when it is", () =>
    Effect.gen(function* () {
      for (const { rest, ...seen } of yield* sleepOf(abandoned)) {
        assert.strictEqual(seen.bytesToServer, 0, rest.name)
        assert.strictEqual(seen.connectionsOpened, 0, rest.name)
        assert.strictEqual(seen.connectionsLeft, 0, rest.name)
        assert.strictEqual(seen.openedForIt, 1, rest.name)
      }
    })
  )
})
