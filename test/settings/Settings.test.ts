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
        trustedHops: 0,
        corsOrigins: undefined,
        adminToken: undefined,
        drainDelay: Duration.zero,
        drainDeadline: Duration.seconds(10),
        mode: "development"
      })
      assert.deepStrictEqual(database, {
        neonDbUrl: undefined,
        databaseUrl: undefined,
        migrate: "on",
        prune: "on"
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

  it.effect("says what each floor needs", () =>
    Effect.gen(function* () {
      const { auth, mail, service } = yield* told({
        CORS_ORIGINS: "https://app.example.com, http://localhost:5173",
        TRUST_PROXY: "2",
        PUBLIC_URL: "https://app.example.com/",
        SMTP_URL: "smtps://user:secret@smtp.example.com",
        MAIL_FROM: "Example <hello@example.com>",
        PASSWORD_MIN_LENGTH: "15",
        SESSION_IDLE: "7 days",
        AUTH_THROTTLE: "off"
      })
      const origins = ["https://app.example.com", "http://localhost:5173"]
      assert.deepStrictEqual([...(service.corsOrigins ?? [])], origins)
      assert.strictEqual(service.trustedHops, 2)
      assert.strictEqual(mail.publicUrl, "https://app.example.com")
      assert.strictEqual(mail.from, "Example <hello@example.com>")
      assert.strictEqual(auth.minPasswordLength, 15)
      assert.deepStrictEqual(auth.sessionIdle, Duration.days(7))
      assert.strictEqual(auth.throttle, "off")
    })
  )

  it.effect.each([
    [{ DB_POOL_MIN: "11" }, "DB_POOL_MIN"],
    [{ SMTP_URL: "smtps://smtp.example.com" }, "MAIL_FROM"],
    [{ SMTP_URL: "smtp.example.com", MAIL_FROM: "hello@example.com" }, "SMTP_URL"],
    [{ AUTH_SIGN_UP: "verify-first", NODE_ENV: "production" }, "SMTP_URL"],
    [{ CORS_ORIGINS: "*" }, "CORS_ORIGINS"],
    [{ PUBLIC_URL: "app.example.com" }, "PUBLIC_URL"],
    [{ TRUST_PROXY: "true" }, "TRUST_PROXY"],
    [{ PASSWORD_MIN_LENGTH: "7" }, "PASSWORD_MIN_LENGTH"],
    [{ ADMIN_TOKEN: "fifteen letters" }, "ADMIN_TOKEN"],
    [{ METRICS_TOKEN: "fifteen letters" }, "METRICS_TOKEN"]
  ] as const)("contradicts itself or is wrong: %j", ([environment, name]) =>
    Effect.gen(function* () {
      const { problems } = yield* Effect.flip(told(environment))
      assert.lengthOf(problems, 1)
      assert.isTrue(problems[0]?.startsWith(`${name} must`), problems[0])
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

  it.effect.each([
    ["NEON_DB_URL", "mysql://me:hunter2@host/db"],
    ["DATABASE_URL", "hunter2"],
    ["SMTP_URL", "https://me:hunter2@host"],
    ["ADMIN_TOKEN", "hunter2"],
    ["METRICS_TOKEN", "hunter2"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "hunter2"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector/?api-key=hunter2"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "https://me:hunter2@collector"],
    ["PUBLIC_URL", "https://me:hunter2@app.example.com"],
    ["CORS_ORIGINS", "https://app.example.com, https://me:hunter2@staging.example.com"]
  ] as const)("is refused where it may hold a key, and not quoted: %s=%s", ([name, value]) =>
    Effect.gen(function* () {
      const { message, problems } = yield* Effect.flip(told({ [name]: value }))
      assert.deepStrictEqual(
        problems.map((problem) => problem.split(" ")[0]),
        [name]
      )
      assert.notInclude(message, "hunter2")
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
