import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Layer } from "effect"
import type { Pool } from "../../src/pool/Pool.ts"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import type { FaultProxyError } from "../../src/testing/Listener.ts"
import { TestDatabase } from "./TestDatabase.ts"

/** A network before the file's database, faithful until told otherwise. */
export const network: Layer.Layer<FaultProxy, FaultProxyError, TestDatabase> = FaultProxy.layer({
  upstream: Effect.map(TestDatabase, ({ url }) => url)
})

/** holdfast's client, which reaches the file's database over the network. */
export const proxiedClient = (
  config: PgClient.PgClientConfig = {}
): Layer.Layer<SqlClient | PgClient.PgClient | Pool, SqlError, TestDatabase | FaultProxy> =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      return PgClient.layer({ ...config, url: (yield* FaultProxy).url(url) })
    })
  )
