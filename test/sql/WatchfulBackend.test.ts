import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { withParameters } from "../support/SecurePostgres.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const names = [
  "client_connection_check_interval",
  "tcp_user_timeout",
  "tcp_keepalives_idle",
  "tcp_keepalives_interval",
  "tcp_keepalives_count"
] as const

/** What the session of a client has set, by name. */
const settings = (options?: string) =>
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    const client = PgClient.layer({
      url: options === undefined ? url : withParameters(url, { options })
    })
    const read = Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql<{ readonly name: string; readonly setting: string }>`
        SELECT name, setting FROM pg_settings WHERE ${sql.in("name", names)}`
    )
    const rows = yield* Effect.provide(read, client)
    return Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]))
  })

layer(TestDatabase.address, { excludeTestServices: true })("a backend", (it) => {
  it.effect("is told to notice when its client is gone for good", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* settings(), {
        client_connection_check_interval: 2_000,
        tcp_user_timeout: 30_000,
        tcp_keepalives_idle: 60,
        tcp_keepalives_interval: 5,
        tcp_keepalives_count: 3
      })
    })
  )

  it.effect("keeps what somebody has set", () =>
    Effect.gen(function* () {
      const own = "-c tcp_user_timeout=50s -c client_connection_check_interval=9s"
      const { tcp_keepalives_idle, tcp_user_timeout, ...rest } = yield* settings(
        `${own} -c tcp_keepalives_idle=10`
      )
      assert.strictEqual(tcp_user_timeout, 50_000)
      assert.strictEqual(tcp_keepalives_idle, 10)
      assert.strictEqual(rest.client_connection_check_interval, 9_000)
    })
  )
})
