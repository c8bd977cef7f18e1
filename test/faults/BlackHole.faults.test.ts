import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer } from "effect"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { Direct } from "../support/Direct.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const stage = proxiedClient({ maxConnections: 4 }).pipe(
  Layer.provideMerge(network),
  Layer.provideMerge(Direct.layer),
  Layer.provideMerge(TestDatabase.address)
)

const ledger = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
  yield* sql`CREATE TABLE IF NOT EXISTS ledger (id int primary key, n int)`
  yield* sql`TRUNCATE ledger`
  yield* sql`INSERT INTO ledger VALUES (1, 0)`
  return sql
})

const timed = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(Effect.either(effect)), ([d, e]) => {
    console.error(name, Duration.toMillis(d), e._tag === "Left" ? String((e.left as any).message) + " " + String((e.left as any).cause?.message) : e.right)
    return e
  })

layer(stage, { excludeTestServices: true, timeout: "1 minute" })("scratch", (it) => {
  it.effect("x", () =>
    Effect.gen(function* () {
      const sql = yield* ledger
      const p = yield* FaultProxy
      const d = yield* Direct
      console.error(yield* sql`select current_setting('tcp_user_timeout') a, current_setting('tcp_keepalives_idle') b, current_setting('client_connection_check_interval') c, current_setting('tcp_keepalives_count') d`)
      yield* p.blackholeAll
      yield* timed("outside, both ways", sql`SELECT 1`)
      yield* timed("after", sql`SELECT 1`)
      yield* p.heal
      yield* p.cutAt("toClient", 0, "open", "blackhole")
      yield* timed("outside, answer", sql`UPDATE ledger SET n = n + 1`)
      console.error(yield* d`SELECT pid, state, query FROM pg_stat_activity WHERE datname = current_database()`)
      yield* ledger
      yield* timed("inside", sql.withTransaction(Effect.gen(function* () {
        yield* sql`UPDATE ledger SET n = n + 1`
        yield* p.blackholeAll
        yield* sql`UPDATE ledger SET n = n + 1`
      })))
      yield* timed("replayable", sql`UPDATE ledger SET n = n + 1`)
      yield* ledger
      yield* sql`SELECT 1`
      yield* p.blackholeAll
      yield* timed("begin", sql.withTransaction(sql`SELECT 1`))
      yield* ledger
      let once = true
      yield* timed("commit", sql.withTransaction(Effect.gen(function* () {
        yield* sql`UPDATE ledger SET n = n + 1`
        if (once) yield* p.blackholeAll
        once = false
      })).pipe(PgClient.replay()))
      yield* ledger
      once = true
      yield* timed("commit answer", sql.withTransaction(Effect.gen(function* () {
        yield* sql`UPDATE ledger SET n = n + 1`
        if (once) yield* p.cutAt("toClient", 0, "open", "blackhole")
        once = false
      })).pipe(PgClient.replay()))
      yield* ledger
      yield* timed("sleep", sql`SELECT pg_sleep(4)`)
    })
  )
})
