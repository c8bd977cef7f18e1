import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Layer } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** A client that goes past whatever stands between: to look at the server, and break things there. */
export class Direct extends Context.Tag("test/Direct")<Direct, SqlClient>() {
  static readonly layer: Layer.Layer<Direct, SqlError, TestDatabase> = Layer.unwrapEffect(
    Effect.map(TestDatabase, ({ url }) =>
      Layer.effect(Direct, PgClient.PgClient).pipe(
        Layer.provide(PgClient.layer({ url, applicationName: "direct", maxConnections: 1 }))
      )
    )
  )
}
