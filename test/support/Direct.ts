import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, Layer, type Redacted } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** A client that goes past whatever stands between: to look at the server, and break things there. */
export class Direct extends Context.Tag("test/Direct")<Direct, PgClient.PgClient>() {
  /** Needs the server only once it is used. */
  static readonly at = (
    url: Redacted.Redacted<string>,
    maxConnections = 1
  ): Layer.Layer<Direct, SqlError> =>
    Layer.provide(
      Layer.effect(Direct, PgClient.PgClient),
      PgClient.layer({ url, lazy: true, applicationName: "direct", maxConnections })
    )

  /** At the file's database. */
  static readonly layer: Layer.Layer<Direct, SqlError, TestDatabase> = Layer.unwrapEffect(
    Effect.map(TestDatabase, ({ url }) => Direct.at(url))
  )
}
