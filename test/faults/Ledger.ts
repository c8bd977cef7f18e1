import { Effect, Redacted } from "effect"
import * as pg from "pg"
import { TestDatabase } from "../support/TestDatabase.ts"

/** The rows of `ledger` that are committed, as another client sees them that needs no network of ours. */
export const committed = Effect.flatMap(TestDatabase, ({ url }) =>
  Effect.promise(async () => {
    const other = new pg.Client(Redacted.value(url))
    await other.connect()
    const { rows } = await other.query<{ id: number }>("SELECT id FROM ledger ORDER BY id")
    await other.end()
    return rows.map(({ id }) => id)
  })
)
