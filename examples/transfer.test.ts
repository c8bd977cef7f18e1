import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
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

/** Purses that are slow to change, so that whoever kills backends meets transactions. */
const slowPurses = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql.unsafe(`
    CREATE TABLE purses (owner text PRIMARY KEY, amount int);
    INSERT INTO purses VALUES ('Ada', 100), ('Grace', 0);
    CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_sleep(0.02); RETURN NEW; END';
    CREATE TRIGGER pause BEFORE UPDATE ON purses FOR EACH ROW EXECUTE FUNCTION pause()`)
)

layer(stage, { excludeTestServices: true })("a transfer", (it) => {
  it.effect("happens exactly once, also when backends are killed in the midst of it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* slowPurses
      const transfers = Effect.replicateEffect(transfer("Ada", "Grace", 1), 20, {
        concurrency: "unbounded",
        discard: true
      })
      const kills = Effect.repeatN(Effect.delay(killBackends, "200 millis"), 2)
      yield* Effect.all([transfers, kills], { concurrency: "unbounded" })
      const purses = yield* sql`SELECT owner, amount FROM purses ORDER BY owner`
      assert.deepStrictEqual(purses, [
        { owner: "Ada", amount: 80 },
        { owner: "Grace", amount: 20 }
      ])
    })
  )
})
