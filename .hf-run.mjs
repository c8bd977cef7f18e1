import { Effect, Redacted } from "effect"
import { Reactivity } from "@effect/experimental"
const which = process.argv[2], mode = process.argv[3] ?? "select", fibers = Number(process.argv[4] ?? 20), N = Number(process.argv[5] ?? 30000)
const PgClient = which === "ours" ? (await import("holdfast")).PgClient : (await import("@effect/sql-pg")).PgClient
const program = Effect.gen(function* () {
  const sql = yield* PgClient.make({ url: Redacted.make(process.env.URL), maxConnections: 10 })
  yield* sql.unsafe("CREATE TABLE IF NOT EXISTS items (id integer PRIMARY KEY, name text)")
  yield* sql.unsafe("INSERT INTO items SELECT id, 'item '||id FROM generate_series(0,999) id ON CONFLICT DO NOTHING")
  yield* sql.unsafe("CREATE UNLOGGED TABLE IF NOT EXISTS orders (id bigserial PRIMARY KEY, item integer, quantity integer)")
  let id = 0
  const select = Effect.suspend(() => { id = (id + 389) % 1000; return sql`SELECT id, name FROM items WHERE id = ${id}` })
  const tx = sql.withTransaction(Effect.gen(function* () { id = (id + 389) % 1000
    yield* sql`INSERT INTO orders (item, quantity) VALUES (${id}, ${1})`
    yield* sql`INSERT INTO orders (item, quantity) VALUES (${id}, ${2})`
    yield* sql`SELECT id, name FROM items WHERE id = ${id}` }))
  const op = mode === "select" ? select : tx
  const count = mode === "select" ? N : N / 5
  const go = (n) => { let c = 0; return Effect.all(Array.from({ length: fibers }, () => Effect.whileLoop({ while: () => c < n, body: () => { c++; return op }, step: () => {} })), { concurrency: "unbounded" }) }
  yield* go(count / 5)
  const u = process.cpuUsage(), t = performance.now()
  yield* go(count)
  const d = process.cpuUsage(u)
  console.log(which, mode, fibers, "fibers: CPU us/stmt", ((d.user + d.system) / N).toFixed(1), "wall us/stmt", ((performance.now() - t) * 1000 / N).toFixed(1))
}).pipe(Effect.scoped, Effect.provide(Reactivity.layer))
await Effect.runPromise(program)
process.exit(0)
