import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { PgError } from "../../src/sql/index.ts"

/** The `PgError` that an effect fails with; no other failure will do. */
export const failure = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.instanceOf(error, PgError)
    return error
  })
