import { SqlClient } from "@effect/sql"
import { assert, layer, type Vitest } from "@effect/vitest"
import { Effect, Fiber, Layer, Redacted } from "effect"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { PgBouncer, serverConnections } from "../support/PgBouncer.ts"
import { describeWithPgBouncer } from "../support/PgBouncerProgram.ts"
import { pooledClient, pooler } from "../support/PooledClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Why a client can't be made with the pooler's URL after this change. It tries only once. */
const refusal = (change: (url: URL) => void) =>
  Effect.gen(function* () {
    const url = new URL(Redacted.value((yield* PgBouncer).url))
    change(url)
    const config = { url: Redacted.make(url.href), retryDelay: "1 minute" } as const
    const error = yield* Layer.build(PgClient.layer(config)).pipe(
      Effect.scoped,
      Effect.flip,
      Effect.timeout("10 seconds")
    )
    assert.instanceOf(error, PgError)
    return error
  })

type OnDatabase = Vitest.MethodsNonLive<TestDatabase, true>

/** Opens as many connections as a crowd of statements needs; they stay in the client's pool. */
const crowd = (size: number) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.replicateEffect(sql`SELECT pg_sleep(0.01)`, size, { concurrency: "unbounded" })
  )

const refuses = (it: OnDatabase) =>
  it.layer(pooler({ mode: "transaction" }))("what it refuses for good fails at once:", (it) => {
    it.effect("a wrong password", () =>
      Effect.gen(function* () {
        const error = yield* refusal((url) => {
          url.password = "wrong"
        })
        assert.strictEqual(error.reason._tag, "AuthenticationError")
        assert.include(error.message, "SASL authentication failed")
      })
    )

    it.effect("a database that does not exist", () =>
      Effect.gen(function* () {
        const error = yield* refusal((url) => {
          url.pathname = "/missing"
        })
        assert.strictEqual(error.reason._tag, "ConnectionError")
        assert.include(error.message, 'database "missing" does not exist')
      })
    )

    it.effect("a startup parameter that it does not pass on", () =>
      Effect.gen(function* () {
        const error = yield* refusal((url) => {
          url.searchParams.set("options", "-c statement_timeout=1000")
        })
        assert.strictEqual(error.reason._tag, "ConnectionError")
        assert.include(error.message, "unsupported startup parameter")
      })
    )
  })

const fewClients = pooledClient(
  { mode: "transaction", settings: { max_client_conn: "3" } },
  { maxConnections: 10 }
)

const isFull = (it: OnDatabase) =>
  it.layer(fewClients)("where it takes no more clients", (it) => {
    it.effect("those that there are serve everybody", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const fibers = Array.from({ length: 20 }, (_, fiber) => fiber)
        const statement = (fiber: number) => sql`SELECT ${fiber}::int AS fiber, pg_sleep(0.01)`
        const answers = yield* Effect.forEach(fibers, statement, { concurrency: "unbounded" })
        assert.deepStrictEqual(
          answers.map(([row]) => row?.fiber),
          fibers
        )
      })
    )

    it.effect("a further one is refused for now", () =>
      Effect.gen(function* () {
        yield* crowd(3)
        const { url } = yield* PgBouncer
        const another = PgClient.layer({ url, minConnections: 4, maxRetries: 0 })
        const error = yield* Effect.flip(Effect.scoped(Layer.build(another)))
        assert.instanceOf(error, PgError)
        assert.strictEqual(error.reason._tag, "ResourceError")
        assert.isTrue(error.isRetryable)
        assert.include(error.message, "no more connections allowed (max_client_conn)")
      })
    )
  })

const impatient = pooledClient(
  { mode: "transaction", settings: { query_wait_timeout: "1" } },
  { maxConnections: 1 + serverConnections }
)

/** Holds all sessions that the pooler has with the server, in transactions, while an effect runs. */
const withoutServers = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [isOver, haveBegun] = [yield* Effect.makeLatch(), yield* Effect.makeLatch()]
    let begun = 0
    const hold = Effect.gen(function* () {
      yield* sql`SELECT 1`
      begun += 1
      if (begun === serverConnections) yield* haveBegun.open
      yield* isOver.await
    })
    const holding = yield* Effect.fork(
      Effect.replicateEffect(sql.withTransaction(hold), serverConnections, {
        concurrency: "unbounded"
      })
    )
    yield* haveBegun.await
    const result = yield* effect
    yield* isOver.open
    yield* Fiber.join(holding)
    return result
  })

const isBusy = (it: OnDatabase) =>
  it.layer(impatient)("where its sessions with the server are all in use", (it) => {
    it.effect("a statement that it did not begin fails, and is safe to replay", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* crowd(1 + serverConnections)
        const error = yield* withoutServers(Effect.flip(sql`SELECT 1`))
        assert.instanceOf(error, PgError)
        assert.strictEqual(error.reason._tag, "ResourceError")
        assert.include(error.message, "query_wait_timeout")
        assert.isTrue(error.isSafeToReplay)
        assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
      })
    )
  })

/** A pooler that has a network between itself and the server. */
const remote = Layer.unwrapEffect(
  Effect.map(PgBouncer, ({ url }) => PgClient.layer({ url, maxConnections: 1 }))
).pipe(
  Layer.provideMerge(
    PgBouncer.layer(
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const settings = { server_login_retry: "1", query_wait_timeout: "1" }
        return { database: (yield* FaultProxy).url(url), mode: "transaction", settings }
      })
    )
  ),
  Layer.provideMerge(
    Layer.unwrapEffect(
      Effect.map(TestDatabase, ({ url }) => {
        const { hostname, port } = new URL(Redacted.value(url))
        return FaultProxy.layer({ upstream: { host: hostname, port: Number(port) } })
      })
    )
  )
)

const isCutOff = (it: OnDatabase) =>
  it.layer(remote)("where its server is away", (it) => {
    it.effect(
      "it is asked again until the server is back, and what it did not begin replayed",
      () =>
        Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          const { heal, refuse, resetAll } = yield* FaultProxy
          yield* sql`SELECT 1`
          yield* refuse
          yield* resetAll
          const failures: Array<unknown> = []
          const statement = Effect.tapError(sql`SELECT 1 AS one`, (error) =>
            Effect.sync(() => failures.push(error))
          )
          yield* Effect.fork(Effect.delay(heal, "2 seconds"))
          assert.deepStrictEqual(yield* PgClient.replay(statement), [{ one: 1 }])
          assert.isNotEmpty(failures)
          for (const error of failures) {
            assert.instanceOf(error, PgError)
            assert.isTrue(error.isSafeToReplay)
            assert.match(error.message, /query_wait_timeout|server_login_retry/)
          }
        })
    )
  })

describeWithPgBouncer("PgBouncer's own errors", () => {
  layer(TestDatabase.address, { excludeTestServices: true })((it) => {
    refuses(it)
    isFull(it)
    isBusy(it)
    isCutOff(it)
  })
})
