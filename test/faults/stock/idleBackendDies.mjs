// Lives through the death of an idle backend, or not: node idleBackendDies.mjs <package> <url>
import { Effect } from "effect"
import pg from "pg"

const [name, connectionString] = process.argv.slice(2)
const { PgClient } = await import(name)

const pool = Effect.acquireRelease(
  Effect.sync(() => new pg.Pool({ connectionString })),
  (pool) => Effect.promise(() => pool.end())
)

const kill = async (pid) => {
  const other = new pg.Client(connectionString)
  await other.connect()
  await other.query("SELECT pg_terminate_backend($1)", [pid])
  await other.end()
}

const program = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const [{ pid }] = yield* sql`SELECT pg_backend_pid() AS pid`
  yield* Effect.promise(() => kill(pid))
  yield* Effect.sleep("200 millis")
  yield* sql`SELECT 1`
})

await Effect.runPromise(Effect.provide(program, PgClient.layerFromPool({ acquire: pool })))
