import { Reactivity } from "@effect/experimental"
import { assert, layer } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { inject } from "vitest"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { authority, authorityPath, elsewhere, middleman } from "../support/Certificates.ts"
import { loginBy, secure, withParameters, withUser } from "../support/SecurePostgres.ts"
import { type TlsRelayOptions, tlsRelay } from "../support/TlsRelay.ts"

const secured = Layer.tap(EmbeddedPostgres.layer(), (context) => Effect.provide(secure, context))

type Parameters = Readonly<Record<string, string>>

const address = (parameters: Parameters) =>
  Effect.map(EmbeddedPostgres, ({ url }) => withParameters(url, parameters))

interface Session {
  readonly pid: number
  readonly ssl: boolean
}

/** What the server knows of the session of a client with this configuration. */
const session = (config: PgClient.PgClientConfig) =>
  Effect.flatMap(
    PgClient.PgClient,
    (sql) => sql<Session>`SELECT pid, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`
  ).pipe(
    Effect.map(([row]) => row?.ssl),
    Effect.provide(PgClient.layer({ maxConnections: 1, ...config }))
  )

/** The error of a client that must not get through. */
const refusal = (config: PgClient.PgClientConfig) =>
  Effect.map(Effect.flip(session(config)), (error) => {
    assert.instanceOf(error, PgError)
    return error
  })

const fatal = (error: PgError, message: RegExp) => {
  assert.isFalse(error.isRetryable)
  assert.strictEqual(error.outcome, "NotSent")
  assert.match(error.message, message)
}

const relayed = (options: Omit<TlsRelayOptions, "port">, parameters: Parameters) =>
  Effect.gen(function* () {
    const { password, port, url } = yield* EmbeddedPostgres
    const relay = yield* tlsRelay({ port, ...options })
    return { relay, password, url: withParameters(relay.url(url), parameters) }
  })

const trusted = { sslmode: "require", sslrootcert: authorityPath }
const asNeonPrints = { sslmode: "require", channel_binding: "require" }
const ssl = { ca: authority }

layer(secured, { excludeTestServices: true, timeout: 60_000 })("TLS by URL", (it) => {
  it.scoped("speaks TLS with a server that sslrootcert vouches for", () =>
    Effect.gen(function* () {
      for (const sslmode of ["require", "verify-ca", "verify-full"])
        assert.isTrue(yield* session({ url: yield* address({ ...trusted, sslmode }) }))
    })
  )

  it.scoped("fails at once where nobody vouches for the server, and says what to do", () =>
    Effect.gen(function* () {
      const { relay, url } = yield* relayed({}, { sslmode: "require" })
      fatal(yield* refusal({ url }), /certificate is not trusted: name the file.*sslrootcert/)
      assert.strictEqual(relay.connections(), 1)
    })
  )

  it.scoped("is not talked out of verifying by a field", () =>
    Effect.gen(function* () {
      const url = yield* address({ sslmode: "require" })
      fatal(yield* refusal({ url, ssl: { rejectUnauthorized: false } }), /not trusted/)
      fatal(yield* refusal({ url, ssl: false }), /not trusted/)
    })
  )

  it.scoped("takes any certificate only where no-verify says so", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* session({ url: yield* address({ sslmode: "no-verify" }) }))
      const libpq = { sslmode: "require", uselibpqcompat: "true" }
      assert.isTrue(yield* session({ url: yield* address(libpq) }))
    })
  )

  it.scoped("fails at once where the certificate is for another name", () =>
    Effect.gen(function* () {
      const { url } = yield* relayed({ identity: elsewhere }, trusted)
      fatal(yield* refusal({ url }), /certificate is for another name/)
      const libpq = { ...trusted, sslmode: "verify-ca", uselibpqcompat: "true" }
      const lenient = yield* relayed({ identity: elsewhere }, libpq)
      assert.isFalse(yield* session({ url: lenient.url }))
    })
  )

  it.scoped("speaks TLS from the first byte with sslnegotiation=direct", () =>
    Effect.gen(function* () {
      const url = yield* address({ ...trusted, sslnegotiation: "direct" })
      assert.isTrue(yield* session({ url }))
    })
  )

  it.scoped("leaves a URL without sslmode to the ssl field, and that to the driver", () =>
    Effect.gen(function* () {
      const { url } = yield* EmbeddedPostgres
      assert.isFalse(yield* session({ url }))
      assert.isFalse(yield* session({ url: yield* address({ sslmode: "disable" }), ssl }))
      assert.isTrue(yield* session({ url, ssl }))
      fatal(yield* refusal({ url, ssl: true }), /not trusted/)
    })
  )

  it.scoped("says which file is missing", () =>
    Effect.gen(function* () {
      for (const parameter of ["sslrootcert", "sslcert", "sslkey"]) {
        const url = yield* address({ sslmode: "require", [parameter]: "/nowhere/to/be.pem" })
        fatal(yield* refusal({ url }), new RegExp(`${parameter}.*/nowhere/to/be.pem.*ENOENT`))
      }
    })
  )

  it.scoped("prints no warning about a mode", () =>
    Effect.gen(function* () {
      const warnings: Array<Error> = []
      const listener = (warning: Error) => warnings.push(warning)
      process.on("warning", listener)
      for (const sslmode of ["prefer", "require", "verify-ca"])
        yield* session({ url: yield* address({ ...trusted, sslmode }) })
      yield* Effect.sleep("10 millis")
      process.off("warning", listener)
      assert.deepStrictEqual(warnings, [])
    })
  )

  for (const sslnegotiation of ["postgres", "direct"])
    it.scoped(`cancels a statement over TLS (sslnegotiation=${sslnegotiation})`, () =>
      Effect.gen(function* () {
        const url = yield* address({ ...trusted, sslnegotiation })
        let kept = 0
        yield* Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const backend = Effect.map(
            sql<Session>`SELECT pg_backend_pid() AS pid`,
            ([row]) => row?.pid
          )
          for (let round = 0; round < 5 && kept === 0; round++) {
            const before = yield* backend
            const running = yield* Effect.fork(sql`SELECT pg_sleep(30)`)
            yield* Effect.sleep("50 millis")
            yield* Fiber.interrupt(running)
            if ((yield* backend) === before) kept += 1
          }
        }).pipe(Effect.provide(PgClient.layer({ url, maxConnections: 1 })))
        // The session is kept only where the server has confirmed the cancel.
        assert.strictEqual(kept, 1)
      })
    )

  it.scoped("has a statement end whose cancel the interrupt could not wait for", () =>
    Effect.gen(function* () {
      const { port } = yield* EmbeddedPostgres
      const proxy = yield* FaultProxy.make({ upstream: { host: "127.0.0.1", port } })
      const direct = yield* PgClient.make({ url: yield* address(trusted), maxConnections: 1 })
      const sleeping = direct`SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid() AND state = 'active'`
      const url = proxy.url(yield* address(trusted))
      const sql = yield* PgClient.make({ url, maxConnections: 1 })
      yield* sql`SELECT 1`
      // Before a cancel can be sent there are TCP, the request for TLS, and its handshake.
      yield* proxy.latency("100 millis")
      const running = yield* Effect.fork(sql`SELECT pg_sleep(30)`)
      yield* Effect.repeat(sleeping, { until: (rows) => rows.length > 0 })
      yield* Fiber.interrupt(running)
      assert.lengthOf(yield* sleeping, 1)
      const gone = Effect.repeat(sleeping, { until: (rows) => rows.length === 0 })
      yield* Effect.timeout(gone, "5 seconds")
    }).pipe(Effect.provide(Reactivity.layer))
  )

  it.scoped("says nothing to a server without TLS but the question for it", () =>
    Effect.gen(function* () {
      const url = new URL(inject("postgresUrl"))
      const relay = yield* tlsRelay({ port: Number(url.port) })
      const asked = withParameters(relay.url(Redacted.make(url.href)), trusted)
      fatal(yield* refusal({ url: asked }), /no password was sent: turn TLS on/)
      assert.deepStrictEqual([...relay.received()], [0, 0, 0, 8, 4, 210, 22, 47])
    })
  )

  it.scoped("accepts the string that Neon prints as it is", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* session({ url: yield* address(asNeonPrints), ssl }))
      assert.isTrue(
        yield* session({ url: yield* address({ ...trusted, channel_binding: "prefer" }) })
      )
    })
  )

  it.scoped("channel_binding=require refuses a trusted server behind which another one is", () =>
    Effect.gen(function* () {
      const between = { identity: middleman, reencrypts: true }
      const loose = yield* relayed(between, trusted)
      assert.isTrue(yield* session({ url: loose.url }))
      const { url } = yield* relayed(between, asNeonPrints)
      fatal(yield* refusal({ url, ssl }), /channel binding/)
    })
  )

  it.scoped("channel_binding=require sends no proof to a server that can't bind", () =>
    Effect.gen(function* () {
      const { relay, url } = yield* relayed({ identity: middleman }, asNeonPrints)
      fatal(yield* refusal({ url, ssl }), /channel_binding=require.*offers only SCRAM-SHA-256\b/)
      assert.notMatch(relay.received().toString("latin1"), /SCRAM/)
      const plain = yield* relayed({}, { channel_binding: "require" })
      fatal(yield* refusal({ url: plain.url }), /channel_binding=require.*sslmode=require/)
      const preferred = { ...trusted, channel_binding: "prefer" }
      const { url: unbound } = yield* relayed({ identity: middleman }, preferred)
      assert.isFalse(yield* session({ url: unbound }))
    })
  )

  it.scoped(
    "channel_binding=require refuses logins without SCRAM, and never tells the password",
    () =>
      Effect.gen(function* () {
        for (const [method, message] of [
          ["trust", /let the session in without it/],
          ["password", /asked for a password/],
          ["md5", /asked for an MD5 digest/]
        ] as const) {
          const { password, relay, url } = yield* relayed({ identity: middleman }, asNeonPrints)
          const login = withUser(url, loginBy(method))
          fatal(yield* refusal({ url: login, ssl }), message)
          assert.notInclude(relay.received().toString("latin1"), Redacted.value(password))
          assert.notMatch(relay.received().toString("latin1"), /md5[0-9a-f]{32}/)
        }
      })
  )
})
