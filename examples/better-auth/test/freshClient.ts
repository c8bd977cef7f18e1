import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { PgClient } from "holdfast"
import { FreshDatabase } from "holdfast/testing"
import { inject } from "vitest"

/** A client for an empty database of its own, which is dropped when it is disposed of. */
export const freshClient = () =>
  ManagedRuntime.make(
    Layer.unwrapEffect(Effect.map(FreshDatabase, ({ url }) => PgClient.layer({ url }))).pipe(
      Layer.provide(FreshDatabase.layer({ server: Redacted.make(inject("postgresUrl")) }))
    )
  )
