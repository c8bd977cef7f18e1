import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it, layer } from "@effect/vitest"
import { Duration, Effect, Either, Layer, Redacted } from "effect"
import { inject } from "vitest"
import { check } from "../../../src/cli/check/Check.ts"
import type { Finding } from "../../../src/cli/check/Finding.ts"
import { parseUrl } from "../../../src/sql/opening/DatabaseUrl.ts"
import { FaultProxy } from "../../../src/testing/FaultProxy.ts"
import { socketServer } from "../../mail/SocketServer.ts"
import * as Certificates from "../../support/Certificates.ts"
import { PgBouncer } from "../../support/PgBouncer.ts"
import { describeWithPgBouncer } from "../../support/PgBouncerProgram.ts"
import { pooler } from "../../support/PooledClient.ts"
import { withParameters } from "../../support/SecurePostgres.ts"
import { TestDatabase } from "../../support/TestDatabase.ts"
import { tlsRelay } from "../../support/TlsRelay.ts"

const server = Redacted.make(inject("postgresUrl"))

/** The shared server by another part of its address. */
const at = (change: (url: URL) => void) => {
  const url = new URL(Redacted.value(server))
  change(url)
  return Redacted.make(url.href)
}

const found = (
  url: Redacted.Redacted<string>,
  within: Duration.DurationInput = "5 seconds",
  instances = 1
) =>
  Effect.gen(function* () {
    const { host = "", port = 0, tls } = Either.getOrThrow(parseUrl(url))
    const findings: Array<Finding> = []
    yield* check({
      url,
      address: { host, port, isDirectTls: tls.isDirect },
      pool: {
        maxConnections: 10,
        idleTimeout: Duration.minutes(10),
        connectTimeout: Duration.decode(within)
      },
      instances,
      tell: (finding) => Effect.sync(() => findings.push(finding)),
      doing: () => Effect.void
    })
    return findings
  })

const named = (findings: ReadonlyArray<Finding>, name: string) =>
  findings.find((finding) => finding.name === name)

/** The last thing found, which must be the only problem. */
const problemOf = (findings: ReadonlyArray<Finding>) => {
  const problems = findings.filter(({ level }) => level === "problem")
  assert.lengthOf(problems, 1)
  assert.strictEqual(problems[0], findings.at(-1), "it goes no further")
  assert.isAbove(problems[0]?.advice?.length ?? 0, 10)
  return problems[0]
}

layer(TestDatabase.address, { excludeTestServices: true })("a server at the other end", (it) => {
  it.effect("is looked at in every way", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const findings = yield* found(url)
      assert.deepStrictEqual(
        findings.filter(({ level }) => level === "problem"),
        []
      )
      assert.lengthOf(findings, 18)
      assert.match(named(findings, "Route")?.seen ?? "", /^direct/)
      assert.strictEqual(named(findings, "Migrations")?.level, "warning")
      assert.match(named(findings, "Connections")?.seen ?? "", /max_connections 200, 3 reserved/)
    })
  )

  it.effect("has too little room for many instances", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const arithmetic = named(yield* found(url, "5 seconds", 40), "Arithmetic")
      assert.strictEqual(arithmetic?.level, "warning")
      assert.match(arithmetic?.seen ?? "", /^40 instances x \(DB_POOL_MAX 10 \+ 1/)
    })
  )
})

layer(TestDatabase.layer, { excludeTestServices: true })("a service that runs already", (it) => {
  it.effect("is told from others by the name of its sessions, and counted once", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const { reserve } = yield* SqlClient
      yield* Effect.replicateEffect(reserve, 3)
      const findings = yield* found(url, "5 seconds", 1)
      assert.include(named(findings, "Connections")?.seen, "3 of them by this service")
      const other = withParameters(url, { application_name: "another" })
      const strangers = yield* found(other, "5 seconds", 1)
      assert.notInclude(named(strangers, "Connections")?.seen, "by this service")
    }).pipe(Effect.scoped)
  )
})

describe("TLS", () => {
  it.scopedLive("is told from encryption with anybody", () =>
    Effect.gen(function* () {
      const { port } = new URL(Redacted.value(server))
      const relay = yield* tlsRelay({ port: Number(port), identity: Certificates.server })
      const through = relay.url(server)
      const sslrootcert = Certificates.authorityPath
      const verified = yield* found(withParameters(through, { sslmode: "require", sslrootcert }))
      assert.match(named(verified, "TLS")?.seen ?? "", /^TLSv1\.3, certificate verified/)
      assert.match(named(verified, "Route")?.seen ?? "", /^direct/)
      const any = yield* found(withParameters(through, { sslmode: "no-verify" }))
      assert.strictEqual(named(any, "TLS")?.level, "warning")
      const distrusted = problemOf(yield* found(withParameters(through, { sslmode: "require" })))
      assert.strictEqual(distrusted?.name, "TLS")
      assert.match(distrusted?.advice ?? "", /sslrootcert/)
    })
  )
})

const pooled = (mode: "session" | "transaction", settings = {}) =>
  Layer.provide(pooler({ mode, settings }), TestDatabase.address)

describeWithPgBouncer("a pooler in between", () => {
  layer(pooled("transaction"), { excludeTestServices: true })("by transaction", (it) => {
    it.effect("shows itself, and its limits count instead of the server's", () =>
      Effect.gen(function* () {
        const { url } = yield* PgBouncer
        const findings = yield* found(url, "5 seconds", 40)
        assert.match(named(findings, "Route")?.seen ?? "", /gives each transaction another session/)
        assert.match(named(findings, "Arithmetic")?.seen ?? "", /clients of the pooler/)
        assert.strictEqual(named(findings, "Lost transactions")?.level, "warning")
      })
    )
  })

  const narrow = pooled("transaction", { default_pool_size: "1" })
  layer(narrow, { excludeTestServices: true })("with one backend", (it) => {
    it.effect("is told by what a second session waits for, and the rest is looked at", () =>
      Effect.gen(function* () {
        const { url } = yield* PgBouncer
        const findings = yield* found(url, "500 millis")
        const backends = named(findings, "Backends")
        assert.strictEqual(backends?.level, "warning")
        assert.match(backends?.seen ?? "", /one backend to give: a second session waited for 500ms/)
        assert.match(named(findings, "Route")?.seen ?? "", /gives each transaction another session/)
        assert.isDefined(named(findings, "Migrations"))
      }).pipe(Effect.timeout("8 seconds"))
    )
  })

  layer(pooled("session"), { excludeTestServices: true })("by session", (it) => {
    it.effect("is seen, and is no worry", () =>
      Effect.gen(function* () {
        const { url } = yield* PgBouncer
        const route = named(yield* found(url), "Route")
        assert.strictEqual(route?.level, "ok")
        assert.match(route?.seen ?? "", /kept one backend for each session/)
      })
    )
  })
})

/** What may be wrong with an address, and how that is found. */
interface Mistake {
  readonly part: string
  readonly change: (url: URL) => void
  readonly name: string
  readonly seen: RegExp
}

const set =
  (part: "hostname" | "password" | "pathname" | "port" | "username", value: string) =>
  (url: URL): void => {
    url[part] = value
  }

const mistakes: ReadonlyArray<Mistake> = [
  { part: "host", change: set("hostname", "no-such-host.invalid"), name: "Name", seen: /invalid/ },
  { part: "port", change: set("port", "1"), name: "Port", seen: /nothing listens on port 1/ },
  {
    part: "password",
    change: set("password", "canary"),
    name: "Login",
    seen: /password authentication failed/
  },
  { part: "user", change: set("username", "nobody"), name: "Login", seen: /nobody/ },
  {
    part: "database",
    change: set("pathname", "/nowhere"),
    name: "Database",
    seen: /"nowhere" does not exist/
  },
  {
    part: "TLS",
    change: (url) => url.searchParams.set("sslmode", "require"),
    name: "TLS",
    seen: /does not offer it/
  }
]

describe("a wrong address", () => {
  for (const { change, name, part, seen } of mistakes) {
    it.live(`is told by what is wrong with it: the ${part}`, () =>
      Effect.gen(function* () {
        const findings = yield* found(at(change))
        const problem = problemOf(findings)
        assert.strictEqual(problem?.name, name)
        assert.match(problem?.seen ?? "", seen)
        assert.notInclude(JSON.stringify(findings), "canary")
      })
    )
  }

  it.scopedLive("is told where something else listens, says nothing, or swallows everything", () =>
    Effect.gen(function* () {
      const { port } = yield* socketServer((socket) => {
        socket.write("SSH-2.0-OpenSSH_9.2\r\n")
      })
      const other = problemOf(yield* found(at(set("port", String(port)))))
      assert.match(other?.seen ?? "", /does not speak Postgres/)
      const { port: silent } = yield* socketServer(() => undefined)
      const mute = problemOf(yield* found(at(set("port", String(silent))), "200 millis"))
      assert.match(mute?.seen ?? "", /said nothing for 200ms/)
      const proxy = yield* FaultProxy.make({ upstream: server })
      yield* proxy.blackhole
      const hole = problemOf(yield* found(proxy.url(server), "200 millis"))
      assert.strictEqual(hole?.name, "Protocol")
    })
  )
})
