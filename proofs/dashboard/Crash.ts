import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { EmbeddedPostgres, type EmbeddedPostgresError } from "../../src/testing/index.ts"

/**
 * Kills one backend (SIGKILL), whereupon the server ends all of them and says so, and stops the server
 * before it has recovered by itself.
 */
export const crash: Effect.Effect<
  void,
  SqlError | EmbeddedPostgresError,
  EmbeddedPostgres | PgClient.PgClient
> = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const postgres = yield* EmbeddedPostgres
  const [backend] = yield* sql<{ readonly pid: number }>`select pg_backend_pid() as pid`
  if (backend !== undefined) process.kill(backend.pid, "SIGKILL")
  yield* Effect.sleep("50 millis")
  yield* postgres.stop("immediate")
})
