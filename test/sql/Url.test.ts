import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, FastCheck, Redacted } from "effect"
import * as pg from "pg"
import { parseUrl } from "../../src/sql/opening/DatabaseUrl.ts"
import { dial } from "../../src/sql/opening/Dial.ts"
import { tlsMode, tlsOptions } from "../../src/sql/opening/TlsMode.ts"
import { described, type PgClientConfig } from "../../src/sql/PgClientConfig.ts"

const url = Redacted.make

const driverOptions = (config: PgClientConfig) => Effect.map(dial(config), ({ config }) => config)

/** How a secret begins, so that it can't be part of a message by chance. */
const mark = "Sw0rdf1sh"

const passwords = FastCheck.string({ unit: "binary", maxLength: 30 }).map((text) => mark + text)

const names = FastCheck.stringMatching(/^[a-z]{1,8}$/)
const ports = FastCheck.integer({ min: 1, max: 65_535 })

const brokenUrls: ReadonlyArray<(login: string) => string> = [
  (login) => `mysql://${login}@host/db`,
  (login) => `postgresql://${login}@host:99999/db`,
  (login) => `postgresql://${login}@host:port/db`,
  (login) => `postgresql://${login}@host:0/db`,
  (login) => `postgresql://${login}@[host/db`,
  (login) => `postgresql://%E0%A4${login}@host/db`,
  (login) => `postgresql://${login}@host/db?sslmode=${login}`,
  (login) => `postgresql://${login}@host/db?channel_binding=${login}`,
  (login) => `postgresql://${login}@host/db?ssl=${login}`,
  (login) => `postgresql://${login}@host/db?sslmode=disable&channel_binding=require`,
  (login) => `postgresql://${login}@host/db?uselibpqcompat=true&sslmode=verify-ca`,
  (login) => login
]

const unseen = (value: unknown) => assert.notInclude(JSON.stringify([value, String(value)]), mark)

describe("the URL of a database", () => {
  it.prop(
    "gives each of its parts back, whatever is in the password",
    [passwords, names, names, ports],
    ([password, username, database, port]) => {
      const login = `${username}:${encodeURIComponent(password)}`
      const text = `postgresql://${login}@host.example:${port}/${database}`
      const parsed = Either.getOrThrow(parseUrl(url(text)))
      assert.deepInclude(parsed, { host: "host.example", port, database, username })
      assert.strictEqual(parsed.password && Redacted.value(parsed.password), password)
    }
  )

  it.prop(
    "never shows its password in the configuration of a client",
    [passwords],
    ([password]) => {
      const text = `postgresql://user:${encodeURIComponent(password)}@host/db?sslmode=require`
      const config = Effect.runSync(described({ url: url(text) }))
      unseen(config)
      unseen(config.password)
    }
  )

  it.prop(
    "is refused without repeating anything of it",
    [passwords, FastCheck.constantFrom(...brokenUrls)],
    ([password, broken]) => {
      const config = { url: url(broken(`user:${encodeURIComponent(password)}`)) }
      const refusals = [Effect.flip(described(config)), Effect.flip(dial(config))]
      for (const error of Effect.runSync(Effect.all(refusals))) {
        assert.isTrue(error.isFatal)
        unseen(error)
        unseen(error.cause)
      }
    }
  )

  it.effect("wins over the fields, which add what it leaves out, and clients tell so", () =>
    Effect.gen(function* () {
      const fields = {
        host: "other",
        port: 5433,
        database: "explicit",
        username: "explicit",
        password: url("explicit")
      }
      const full = { ...fields, url: url("postgresql://user:word@host:5432/db") }
      const expected = { host: "host", port: 5432, database: "db" }
      assert.deepInclude(yield* driverOptions(full), {
        ...expected,
        user: "user",
        password: "word"
      })
      const shown = yield* described(full)
      assert.deepInclude(shown, { ...expected, username: "user" })
      assert.strictEqual(shown.password && Redacted.value(shown.password), "word")
      const bare = { ...fields, url: url("postgresql://host") }
      const rest = { host: "host", port: 5433, database: "explicit" }
      const login = { user: "explicit", password: "explicit" }
      assert.deepInclude(yield* driverOptions(bare), { ...rest, ...login })
      assert.deepInclude(yield* described(bare), { ...rest, username: "explicit" })
    })
  )

  it.effect("is read as the driver reads it, also where it names no host", () =>
    Effect.gen(function* () {
      for (const text of [
        "postgresql://user:word@[::1]:5433/db",
        "postgres://user@%2Fvar%2Frun/db",
        "socket:/var/run?db=base&user=someone",
        "postgresql:///db?host=/tmp&port=5439&user=u&password=p",
        "postgresql://u:p%20%25@host/a%20b?application_name=an%20app&options=-c%20work_mem%3D64",
        "postgresql://u@host/db?statement_timeout=5000&connect_timeout=10#fragment"
      ]) {
        const theirs = new pg.Client({ connectionString: text })
        const ours = new pg.Client(yield* driverOptions({ url: url(text) }))
        for (const field of ["host", "port", "user", "database", "password"] as const)
          assert.strictEqual(ours[field], theirs[field], `${field} of ${text}`)
        const startUp = (client: pg.Client) => Reflect.get(client, "connectionParameters")
        for (const name of ["options", "statement_timeout"])
          assert.equal(startUp(ours)[name], startUp(theirs)[name], name)
      }
    })
  )

  it.effect("tells clients whether it asks for TLS", () =>
    Effect.gen(function* () {
      const sslOf = (query: string, ssl?: PgClientConfig["ssl"]) =>
        Effect.map(described({ url: url(`postgresql://host/db${query}`), ssl }), ({ ssl }) => ssl)
      assert.strictEqual(yield* sslOf("?sslmode=require"), true)
      assert.strictEqual(yield* sslOf("?sslmode=disable", true), false)
      assert.strictEqual(yield* sslOf("", true), true)
      assert.strictEqual(yield* sslOf(""), undefined)
    })
  )
})

const mode = (query: string) => tlsMode(Object.fromEntries(new URLSearchParams(query)))

const verification = (query: string) =>
  Either.merge(Either.map(mode(query), (found) => found.verification ?? "unsaid"))

describe("the TLS mode of a URL", () => {
  it.each([
    ["", "unsaid"],
    ["channel_binding=require", "unsaid"],
    ["sslmode=disable", "off"],
    ["sslmode=allow", "full"],
    ["sslmode=prefer", "full"],
    ["sslmode=require", "full"],
    ["sslmode=verify-ca", "full"],
    ["sslmode=verify-full", "full"],
    ["sslmode=no-verify", "none"],
    ["sslrootcert=/ca.pem", "full"],
    ["sslrootcert=system", "full"],
    ["sslnegotiation=direct", "full"],
    ["ssl=true", "full"],
    ["ssl=0", "off"],
    ["uselibpqcompat=true&sslmode=require", "none"],
    ["uselibpqcompat=true&sslmode=require&sslrootcert=/ca.pem", "chain"],
    ["uselibpqcompat=true&sslmode=verify-ca&sslrootcert=/ca.pem", "chain"],
    ["uselibpqcompat=true&sslmode=verify-ca&sslrootcert=system", "full"],
    ["uselibpqcompat=true&sslmode=verify-full", "full"],
    [
      "sslmode=requier",
      "sslmode in the URL must be one of disable, no-verify, allow, prefer, require, verify-ca, verify-full"
    ],
    ["channel_binding=1", "channel_binding in the URL must be one of require, prefer, disable"],
    ["sslnegotiation=now", "sslnegotiation in the URL must be one of postgres, direct"],
    [
      "sslmode=disable&sslnegotiation=direct",
      "sslnegotiation=direct in the URL needs TLS: add sslmode=require"
    ],
    [
      "sslmode=disable&channel_binding=require",
      "channel_binding=require in the URL needs TLS: add sslmode=require"
    ],
    [
      "uselibpqcompat=true&sslmode=verify-ca",
      "sslmode=verify-ca in the URL needs sslrootcert: name a file, or use verify-full"
    ]
  ])("%s means %s", (query, expected) => {
    assert.strictEqual(verification(query), expected)
  })

  it.prop(
    "verifies certificate and name wherever it says require or more, whatever the ssl field says",
    [
      FastCheck.constantFrom("require", "verify-ca", "verify-full"),
      FastCheck.constantFrom(
        undefined,
        true,
        false,
        { rejectUnauthorized: false },
        { checkServerIdentity: () => undefined }
      ),
      FastCheck.constantFrom("", "&sslrootcert=/ca.pem", "&channel_binding=require", "&ssl=0")
    ],
    ([sslmode, field, more]) => {
      const found = Either.getOrThrow(mode(`sslmode=${sslmode}${more}`))
      assert.deepStrictEqual(tlsOptions(found, {}, field), { rejectUnauthorized: true })
    }
  )
})
