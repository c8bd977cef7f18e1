import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as pg from "pg"
import { property } from "../../src/sql/failure/CauseChain.ts"
import { classify } from "../../src/sql/failure/classify.ts"
import { fromCause } from "../../src/sql/failure/PgError.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { progress, traitsOf } from "./corpus/Entry.ts"
import type { Connect } from "./corpus/Provoke.ts"
import { provocations } from "./corpus/provoked.ts"

const open = async (url: string, config: pg.ClientConfig): Promise<pg.Client> => {
  const { hostname, password, pathname, port, username } = new URL(url)
  const database = pathname.slice(1)
  const address = { host: hostname, port: Number(port), user: username, password, database }
  const client = new pg.Client({ ...address, ...config })
  // Without a listener the end of a session would end the process.
  client.on("error", () => {})
  await client.connect()
  return client
}

/** Sessions with the database of this file; those that are still open end with the scope. */
const sessions = Effect.gen(function* () {
  const { url } = yield* TestDatabase
  const clients = yield* Effect.acquireRelease(
    Effect.sync((): Array<pg.Client> => []),
    (opened) => Effect.promise(() => Promise.all(opened.map((client) => client.end())))
  )
  const connect: Connect = async (config = {}) => {
    const client = await open(Redacted.value(url), config)
    clients.push(client)
    return client
  }
  return connect
})

const cases = provocations.map(
  (provocation) => [provocation.code, provocation.name, provocation] as const
)

layer(TestDatabase.address, { excludeTestServices: true })(
  "what PostgreSQL really answers",
  (it) => {
    it.scoped.each(cases)("%s for %s means what the corpus says", ([code, , provocation]) =>
      Effect.gen(function* () {
        const connect = yield* sessions
        const cause = yield* Effect.promise(() => provocation.provoke(connect))
        assert.strictEqual(property(cause, "code"), code)
        const verdict = classify(cause)
        assert.strictEqual(verdict.reason, provocation.reason)
        assert.deepStrictEqual(traitsOf(verdict), provocation.traits)
        const { text } = provocation
        const place = { ...progress[provocation.phase], ...(text === undefined ? {} : { text }) }
        const error = fromCause(cause, place)
        assert.strictEqual(error.outcome, provocation.outcome)
        // Who judges a statement may quote it: the client does not.
        if (property(cause, "severity") === "ERROR") {
          assert.notInclude(error.message, property(cause, "message"))
        }
      })
    )
  }
)
