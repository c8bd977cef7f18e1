import { existsSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { createServer, type Server } from "node:net"
import { dirname, join } from "node:path"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted, Scope } from "effect"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { ask, isRunning, session, temporaryDirectory } from "./ServerFixture.ts"

const dataDirectory = (url: Redacted.Redacted<string>) =>
  Effect.map(ask(url, "show data_directory"), String)

const takenPort = Effect.acquireRelease(
  Effect.async<Server>((resume) => {
    const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
).pipe(
  Effect.map((server) => server.address()),
  Effect.map((address) => (address !== null && typeof address === "object" ? address.port : 0))
)

layer(EmbeddedPostgres.layer(), { excludeTestServices: true })("EmbeddedPostgres", (it) => {
  it.scoped("is a PostgreSQL 18 in UTF-8 and UTC, whatever the machine is set to", () =>
    Effect.gen(function* () {
      const { url } = yield* EmbeddedPostgres
      assert.match(String(yield* ask(url, "show server_version")), /^18\./)
      assert.strictEqual(yield* ask(url, "show server_encoding"), "UTF8")
      assert.strictEqual(yield* ask(url, "show timezone"), "UTC")
      assert.strictEqual(yield* ask(url, "select upper('é')"), "É")
    })
  )

  it.scoped("lets nobody in without the password, and listens on loopback only", () =>
    Effect.gen(function* () {
      const { url } = yield* EmbeddedPostgres
      const guess = new URL(Redacted.value(url))
      guess.password = "guess"
      const refusal = yield* Effect.scoped(session(guess.href)).pipe(Effect.sandbox, Effect.flip)
      assert.include(String(refusal), "password authentication failed")
      assert.strictEqual(yield* ask(url, "show listen_addresses"), "127.0.0.1")
      assert.strictEqual(yield* ask(url, "show unix_socket_directories"), "")
    })
  )

  it.scoped("leads a process group of its own, so that a Ctrl-C goes to its owner only", () =>
    Effect.gen(function* () {
      const server = yield* Effect.flatMap(EmbeddedPostgres, ({ processId }) => processId)
      assert.isTrue(isRunning(-server))
    })
  )

  it.scoped("comes back on the same port and data after every way to stop", () =>
    Effect.gen(function* () {
      const postgres = yield* EmbeddedPostgres
      yield* ask(postgres.url, "create table kept as select 42 as answer")
      for (const mode of ["smart", "fast", "immediate"] as const) {
        const before = yield* postgres.processId
        yield* postgres.restart(mode)
        assert.notStrictEqual(yield* postgres.processId, before)
        assert.strictEqual(yield* ask(postgres.url, "select answer from kept"), 42)
      }
      yield* postgres.stop("fast")
      yield* postgres.stop("fast")
      assert.isFalse(isRunning(yield* postgres.processId))
      yield* postgres.start
      yield* postgres.start
      assert.strictEqual(yield* ask(postgres.url, "select answer from kept"), 42)
    })
  )

  it.scoped("keeps every acknowledged commit through a crash", () =>
    Effect.gen(function* () {
      const postgres = yield* EmbeddedPostgres
      const client = yield* session(postgres.url)
      yield* Effect.promise(() => client.query("create table committed (id int primary key)"))
      yield* Effect.promise(() =>
        client.query("insert into committed select generate_series(1, 999)")
      )
      yield* postgres.crash
      yield* postgres.crash
      assert.isFalse(isRunning(yield* postgres.processId))
      yield* postgres.start
      assert.strictEqual(yield* ask(postgres.url, "select count(*)::int from committed"), 999)
    })
  )

  it.scoped("waits for clients to leave in a smart stop, and can be told not to", () =>
    Effect.gen(function* () {
      const postgres = yield* EmbeddedPostgres
      yield* session(postgres.url)
      const stop = yield* Effect.fork(postgres.stop("smart"))
      yield* Effect.sleep("300 millis")
      assert.isTrue(isRunning(yield* postgres.processId))
      yield* Fiber.interrupt(stop)
      yield* postgres.stop("immediate")
      assert.isFalse(isRunning(yield* postgres.processId))
      yield* postgres.start
    })
  )
})

describe("EmbeddedPostgres", () => {
  it.scopedLive("creates the database and the superuser it is asked for", () =>
    Effect.gen(function* () {
      const { url } = yield* EmbeddedPostgres.make({
        database: `sign "ups"`,
        username: "ann smith",
        settings: { max_connections: "7" }
      })
      assert.strictEqual(yield* ask(url, "select current_database()"), `sign "ups"`)
      assert.strictEqual(yield* ask(url, "select current_user"), "ann smith")
      assert.strictEqual(yield* ask(url, "show max_connections"), "7")
    })
  )

  it.scopedLive("keeps data and password in a named directory from one scope to the next", () =>
    Effect.gen(function* () {
      const directory = join(yield* temporaryDirectory, "made", "when missing")
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const postgres = yield* EmbeddedPostgres.make({ directory })
          yield* ask(postgres.url, "create table kept as select 42 as answer")
          assert.strictEqual(yield* ask(postgres.url, "show fsync"), "on")
          return postgres
        })
      )
      const other = { directory, username: "somebody" }
      const refusal = yield* Effect.flip(Effect.scoped(EmbeddedPostgres.make(other)))
      assert.include(refusal.message, `belongs to the user "postgres", not to "somebody"`)
      const second = yield* EmbeddedPostgres.make({ directory })
      assert.strictEqual(yield* ask(second.url, "select answer from kept"), 42)
      assert.strictEqual(Redacted.value(second.password), Redacted.value(first.password))
    })
  )

  it.scopedLive("leaves no process and no temporary directory when its scope closes", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const postgres = yield* Scope.extend(EmbeddedPostgres.make(), scope)
      const directory = dirname(dirname(yield* dataDirectory(postgres.url)))
      // A client that never leaves, in the middle of a transaction, must not hold it up.
      const client = yield* session(postgres.url)
      const backend = yield* Effect.promise(() =>
        client.query("begin; select pg_backend_pid() as pid").then((all) => [all].flat()[1])
      )
      const server = yield* postgres.processId
      assert.isTrue(existsSync(directory) && isRunning(server))
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(existsSync(directory))
      assert.isFalse(isRunning(server))
      assert.isFalse(isRunning(backend?.rows[0].pid))
    })
  )

  it.scopedLive("says why it would not start: its log, its deadline, or a port that is taken", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      const nonsense = yield* Effect.flip(
        EmbeddedPostgres.make({ directory, settings: { shared_buffers: "plenty" } }).pipe(
          Effect.scoped
        )
      )
      assert.strictEqual(nonsense.reason, "StartFailed")
      assert.include(nonsense.message, `invalid value for parameter "shared_buffers": "plenty"`)
      const hasty = { directory, startTimeout: "1 millis" } as const
      const late = yield* Effect.flip(Effect.scoped(EmbeddedPostgres.make(hasty)))
      assert.include(late.message, "was not ready after 1ms")
      const port = yield* takenPort
      const taken = yield* Effect.flip(EmbeddedPostgres.make({ directory, port }))
      assert.strictEqual(taken.reason, "PortInUse")
      assert.include(taken.message, `Port ${port}`)
    })
  )

  it.scopedLive("leaves nothing half-made when it is interrupted while it starts", () =>
    Effect.gen(function* () {
      const directory = yield* temporaryDirectory
      // initdb takes some 500 ms, so that these hit it at its start, in the middle and near its end.
      for (const after of ["100 millis", "300 millis", "500 millis"] as const) {
        yield* Effect.scoped(EmbeddedPostgres.make({ directory })).pipe(Effect.timeoutOption(after))
        const left = yield* Effect.promise(() => readdir(directory))
        assert.deepStrictEqual(
          left.filter((name) => name.includes("unfinished")),
          []
        )
      }
      const { url } = yield* EmbeddedPostgres.make({ directory })
      assert.strictEqual(yield* ask(url, "select 1"), 1)
    })
  )
})
