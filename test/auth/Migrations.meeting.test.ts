import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { all, migrated, onEmpty, run } from "../support/EmptyDatabase.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** An instance with a session of its own, which also reads the database's settings anew. */
const instance = Effect.flatMap(TestDatabase, ({ url }) =>
  Effect.provide(migrated, Layer.fresh(PgClient.layer({ url, maxConnections: 1 })))
)

const isolated = (level: string) =>
  run(`do $$ begin
    execute format('alter database %I set default_transaction_isolation = ''${level}''', current_database());
  end $$`)

describe("migrations that meet others", () => {
  it.live("see what the one before them has done where the default is repeatable read", () =>
    onEmpty(
      Effect.gen(function* () {
        yield* isolated("repeatable read")
        const made = yield* Effect.all(
          Array.from({ length: 4 }, () => instance),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(made.flat().length, all.length)
      })
    )
  )
})
