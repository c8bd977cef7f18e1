import { SqlClient } from "@effect/sql"
import { assert, layer, type Vitest } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { PgConnection } from "../../src/sql/session/PgConnection.ts"
import {
  PgBouncer,
  type PgBouncerOptions,
  type PoolMode,
  serverConnections
} from "../support/PgBouncer.ts"
import { describeWithPgBouncer, knowsPreparedStatements } from "../support/PgBouncerProgram.ts"
import { pooledClient } from "../support/PooledClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const fibers = Array.from({ length: 20 }, (_, fiber) => fiber)
const rounds = Array.from({ length: 5 }, (_, round) => round)

/** The same texts, again and again, from all fibers at once: what each is answered. */
const statements = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const fiber = (fiber: number) =>
    Effect.forEach(rounds, (round) =>
      Effect.gen(function* () {
        const [sum] = yield* sql`SELECT ${fiber}::int + ${round}::int AS sum`
        const words = yield* sql`SELECT ${`${fiber}`}::text AS word, ${round}::int AS round`
        const none = yield* sql`SELECT ${fiber}::int AS fiber WHERE ${round}::int < 0`
        return [sum, ...words, ...none]
      })
    )
  return yield* Effect.forEach(fibers, fiber, { concurrency: "unbounded" })
})

const statementAnswers = fibers.map((fiber) =>
  rounds.map((round) => [{ sum: fiber + round }, { word: `${fiber}`, round }])
)

/** The statements that the server's sessions hold by name: each is asked, as all are taken at once. */
const preparedNames = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const areTaken = yield* Deferred.make<void>()
  let taken = 0
  const ask = Effect.gen(function* () {
    const names = yield* sql`SELECT name FROM pg_prepared_statements`.unprepared
    taken += 1
    if (taken === serverConnections) yield* Deferred.succeed(areTaken, undefined)
    yield* Deferred.await(areTaken)
    return names
  })
  const asked = yield* Effect.replicateEffect(sql.withTransaction(ask), serverConnections, {
    concurrency: "unbounded"
  })
  return asked.flat()
})

/** Reads and writes of its own rows, which nobody else sees before the end. */
const transaction = (fiber: number, round: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const own = sql`SELECT fiber, round, pg_backend_pid() AS pid FROM ledger WHERE fiber = ${fiber}`
    yield* sql`INSERT INTO ledger VALUES (${fiber}, ${round})`
    const before = yield* own
    yield* sql`UPDATE ledger SET round = ${round + 1} WHERE fiber = ${fiber}`
    const after = yield* own
    yield* sql`DELETE FROM ledger WHERE fiber = ${fiber} AND round <= ${round}`
    return { before, after }
  })

/** Transactions of all fibers at once, and what each saw; how many sessions they ran on. */
const transactions = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE IF NOT EXISTS ledger (fiber int PRIMARY KEY, round int)`
  yield* sql`TRUNCATE ledger`
  const seen = yield* Effect.forEach(
    fibers,
    (fiber) => sql.withTransaction(transaction(fiber, 0)),
    { concurrency: "unbounded" }
  )
  for (const [fiber, { after, before }] of seen.entries()) {
    const [pid] = before.map((row) => row.pid)
    assert.deepStrictEqual(before, [{ fiber, round: 0, pid }])
    assert.deepStrictEqual(after, [{ fiber, round: 1, pid }])
  }
  assert.lengthOf(yield* sql`SELECT FROM ledger WHERE round = 1`, fibers.length)
  return new Set(seen.flatMap(({ before }) => before.map((row) => row.pid))).size
})

/** Whether the first connection of the client's pool takes itself for proxied. */
const isProxied = Effect.scoped(
  Effect.gen(function* () {
    const connection = yield* (yield* Pool).acquire
    return connection instanceof PgConnection ? connection.isProxied : undefined
  })
)

/** Listens until the first payload. It is sent once the server has confirmed to listen. */
const heard = Effect.gen(function* () {
  const sql = yield* PgClient.PgClient
  const isListening = yield* Deferred.make<void>()
  const first = yield* PgClient.notifications("news").pipe(
    Stream.tap(({ _tag }) =>
      _tag === "Listening" ? Deferred.succeed(isListening, undefined) : Effect.void
    ),
    Stream.filter(({ _tag }) => _tag === "Notification"),
    Stream.runHead,
    Effect.fork
  )
  yield* Deferred.await(isListening)
  yield* sql.notify("news", "arrived")
  return yield* Effect.flatten(Fiber.join(first))
})

type OnDatabase = Vitest.MethodsNonLive<TestDatabase, true>

const carriesAll = (it: OnDatabase, name: string, options: Omit<PgBouncerOptions, "database">) =>
  it.layer(pooledClient(options))(name, (it) => {
    it.effect("answers the statements of 20 fibers over two sessions, each with its own rows", () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* statements, statementAnswers)
        const { admin } = yield* PgBouncer
        assert.isAtMost((yield* admin("SHOW SERVERS")).length, serverConnections)
        const why = "statements were prepared, and nobody noticed where names got lost"
        assert.isNotEmpty(yield* preparedNames, why)
      })
    )

    it.effect("runs the transactions of 20 fibers over two sessions, each on one of them", () =>
      Effect.map(transactions, (sessions) => assert.isAtMost(sessions, serverConnections))
    )

    it.effect("is seen for what it is", () =>
      Effect.map(isProxied, (proxied) => assert.isTrue(proxied))
    )
  })

// Of its two sessions in session mode, one is for the client's pool and one to listen.
const listening = (mode: PoolMode) => pooledClient({ mode }, { maxConnections: 1 })

describeWithPgBouncer("PgBouncer", () => {
  layer(TestDatabase.address, { excludeTestServices: true })((it) => {
    carriesAll(it, "in transaction mode", { mode: "transaction" })
    carriesAll(it, "in session mode", { mode: "session" })
    if (knowsPreparedStatements) {
      const settings = { max_prepared_statements: "100" }
      carriesAll(it, "that carries prepared statements", { mode: "transaction", settings })
    }

    it.layer(listening("session"))("listening in session mode", (it) => {
      it.effect("hears what is notified", () =>
        Effect.map(heard, (event) =>
          assert.strictEqual(event._tag === "Notification" && event.payload, "arrived")
        )
      )
    })

    it.layer(listening("transaction"))("listening in transaction mode", (it) => {
      it.effect("fails with a reason that says where to listen instead", () =>
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const error = yield* Effect.flip(Stream.runDrain(sql.listen("news")))
          assert.instanceOf(error, PgError)
          assert.strictEqual(error.reason._tag, "ListenUnsupportedError")
          assert.isFalse(error.isRetryable)
          assert.match(error.message, /address of the server itself/)
        })
      )
    })
  })
})

layer(TestDatabase.layer, { excludeTestServices: true })("without a pooler", (it) => {
  it.effect("a connection is seen to be direct", () =>
    Effect.map(isProxied, (proxied) => assert.isFalse(proxied))
  )
})
