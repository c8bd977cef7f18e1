import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Redacted } from "effect"
import { example, shownTable, table } from "../../scripts/SettingsPage.ts"
import * as Settings from "../../src/Settings.ts"

const told = (environment: Readonly<Record<string, string>>) =>
  Effect.withConfigProvider(
    Settings.load,
    ConfigProvider.fromMap(new Map(Object.entries(environment)), { pathDelim: "_" })
  )

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

describe("the environment", () => {
  it.effect("says nothing: the defaults count", () =>
    Effect.gen(function* () {
      const { database, pool, service } = yield* told({})
      assert.deepStrictEqual(service, {
        host: "127.0.0.1",
        port: 8000,
        drainDelay: Duration.zero,
        drainDeadline: Duration.seconds(10),
        mode: "development"
      })
      assert.deepStrictEqual(database, {
        neonDbUrl: undefined,
        databaseUrl: undefined,
        migrate: "on"
      })
      assert.strictEqual(pool.maxConnections, 10)
      assert.deepStrictEqual(pool.retryDelay, Duration.millis(500))
    })
  )

  it.effect("says something: it counts, and an empty value is none", () =>
    Effect.gen(function* () {
      const settings = yield* told({
        DATABASE_URL: "postgres://me:secret@host/db",
        NEON_DB_URL: "",
        DB_POOL_MAX: " 20 ",
        DB_ACQUIRE_TIMEOUT: "1.5 seconds",
        DB_RETRY_DELAY: "250millis",
        PORT: "0"
      })
      const { databaseUrl, neonDbUrl } = settings.database
      assert.strictEqual(databaseUrl && Redacted.value(databaseUrl), "postgres://me:secret@host/db")
      assert.strictEqual(neonDbUrl, undefined)
      assert.strictEqual(settings.pool.maxConnections, 20)
      assert.deepStrictEqual(settings.pool.acquireTimeout, Duration.millis(1500))
      assert.deepStrictEqual(settings.pool.retryDelay, Duration.millis(250))
      assert.strictEqual(settings.service.port, 0)
    })
  )

  it.effect("is wrong in many places: all are told at once, by name, and no secret with them", () =>
    Effect.gen(function* () {
      const { message, problems } = yield* Effect.flip(
        told({
          NEON_DB_URL: "mysql://me:hunter2@host/db",
          DB_POOL_MAX: "0",
          DB_POOL_MIN: "-1",
          DB_CONNECT_TIMEOUT: "5",
          DB_MIGRATE: "yes",
          PORT: "65536",
          DB_MAX_RETRIES: "many ".repeat(20)
        })
      )
      assert.deepStrictEqual(problems.map((problem) => problem.split(" ")[0]).sort(), [
        "DB_CONNECT_TIMEOUT",
        "DB_MAX_RETRIES",
        "DB_MIGRATE",
        "DB_POOL_MAX",
        "DB_POOL_MIN",
        "NEON_DB_URL",
        "PORT"
      ])
      assert.include(message, 'DB_POOL_MAX must be a whole number from 1 to 1000, not "0"')
      assert.include(message, 'DB_MIGRATE must be on or off, not "yes"')
      assert.include(message, 'such as "5 seconds", not "5"')
      assert.notInclude(message, "hunter2")
      assert.isBelow(message.length, 1200)
    })
  )

  it("is described in README.md and .env.example as it is read: `npm run settings`", () => {
    assert.strictEqual(shownTable(read("README.md")), table())
    assert.strictEqual(read(".env.example"), example())
  })

  it.effect("may be .env.example, with every line in force", () =>
    Effect.gen(function* () {
      const lines = [...example().matchAll(/^#([A-Z_]+)=(.*)$/gm)]
      const environment = Object.fromEntries(lines.map(([, name, value]) => [name, value]))
      assert.isAbove(lines.length, 10)
      assert.deepStrictEqual(yield* told(environment), yield* told({}))
    })
  )
})
