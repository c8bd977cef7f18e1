import { SqlClient } from "@effect/sql"
import { PgClient as Upstream } from "@effect/sql-pg"
import { assert, layer, type Vitest } from "@effect/vitest"
import { Duration, Effect, Either, Exit, Fiber, Layer, Random } from "effect"
import { Pool } from "../../src/pool/index.ts"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import type { Direction } from "../../src/testing/WireMessage.ts"
import { eventually, killBackends, killNoticed, running } from "../support/Backends.ts"
import { Direct } from "../support/Direct.ts"
import { PgBouncer, type PoolMode } from "../support/PgBouncer.ts"
import { describeWithPgBouncer } from "../support/PgBouncerProgram.ts"
import { pooledClient, pooler } from "../support/PooledClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Failures that are no `PgError`, defects among them, and those of statements that were not sent. */
const unexpected = <A, E>(exits: ReadonlyArray<Exit.Exit<A, E>>) =>
  exits.filter(
    (exit) =>
      Exit.isFailure(exit) &&
      !(
        exit.cause._tag === "Fail" &&
        exit.cause.error instanceof PgError &&
        exit.cause.error.outcome === "Unknown"
      )
  )

/** Statements of ten fibers, one after the other each, while something is done to the pooler. */
const statementsDuring = <A, E, R>(fault: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    let isOver = false
    const fiber = (fiber: number) =>
      Effect.exit(sql`SELECT ${fiber}::int AS fiber, pg_sleep(0.002)`).pipe(
        Effect.repeat({ until: () => isOver })
      )
    const load = yield* Effect.fork(
      Effect.forEach([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], fiber, { concurrency: "unbounded" })
    )
    yield* fault
    isOver = true
    return yield* Effect.timeout(Fiber.join(load), "10 seconds")
  })

/** 100 ms is the promise; the rest is what two busy cores may add to it. */
const promptly = 400

/** Runs a statement until the server has it, and measures how long its interruption takes. */
const interruption = (sql: SqlClient.SqlClient, seconds: number) =>
  Effect.gen(function* () {
    const text = `pg_sleep(${seconds})`
    const fiber = yield* Effect.fork(sql.unsafe(`SELECT ${text}`))
    yield* eventually(1, running(text))
    const [took] = yield* Effect.timed(Fiber.interrupt(fiber))
    return Duration.toMillis(took)
  })

type OnPooler = Vitest.MethodsNonLive<Direct | PgBouncer | Pool | SqlClient.SqlClient, true>

const interrupts = (it: OnPooler) => {
  it.effect("an interrupted statement is cancelled on the server, promptly", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.isBelow(yield* interruption(sql, 30.5), promptly)
      yield* eventually(0, running("pg_sleep(30.5)"))
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
    })
  )

  it.effect("interrupts hit nobody else", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const innocent = Effect.repeatN(sql`SELECT pg_sleep(0.002)`, 50)
      const restless = Effect.gen(function* () {
        const patience = yield* Random.nextIntBetween(0, 6)
        yield* Effect.timeoutOption(sql`SELECT pg_sleep(0.004)`, Duration.millis(patience))
      }).pipe(Effect.repeatN(40))
      yield* Effect.all([innocent, innocent, restless, restless, restless], {
        concurrency: "unbounded"
      })
      assert.strictEqual((yield* (yield* Pool).stats).active, 0)
    })
  )
}

const losesBackends = (it: OnPooler) => {
  it.effect("backends that are killed while nobody uses them are not noticed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      for (let round = 0; round < 5; round++) {
        yield* sql`SELECT 1`
        assert.isNotEmpty(yield* killNoticed)
        assert.deepStrictEqual(yield* sql`SELECT ${round}::int AS round`, [{ round }])
      }
    })
  )

  it.effect("backends that are killed under load lose only what they were running", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const fault = Effect.zipRight(Effect.sleep("50 millis"), killBackends)
      const exits = yield* statementsDuring(Effect.repeatN(fault, 4))
      assert.isEmpty(unexpected(exits))
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
    })
  )

  it.effect("a transaction whose backend is killed was rolled back, and can be replayed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      let runs = 0
      const body = Effect.gen(function* () {
        const [{ pid } = { pid: 0 }] = yield* sql<{ readonly pid: number }>`
            SELECT pg_backend_pid() AS pid`
        if (runs++ === 0) {
          const direct = yield* Direct
          yield* direct`SELECT pg_terminate_backend(${pid}, 5000)`
        }
        return yield* sql`SELECT 1 AS one`
      })
      const answer = yield* PgClient.replay(sql.withTransaction(body))
      assert.deepStrictEqual(answer, [{ one: 1 }])
      assert.strictEqual(runs, 2)
    })
  )
}

const losesPooler = (it: OnPooler) => {
  it.effect("a pooler that is killed and comes back is waited for", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { kill, start } = yield* PgBouncer
      yield* sql`SELECT 1`
      yield* kill
      const waiting = yield* Effect.fork(
        Effect.forEach([1, 2, 3, 4, 5], (n) => sql`SELECT ${n}::int AS n`, {
          concurrency: "unbounded"
        })
      )
      yield* Effect.sleep("200 millis")
      yield* start
      assert.deepStrictEqual(
        yield* Fiber.join(waiting),
        [1, 2, 3, 4, 5].map((n) => [{ n }])
      )
    })
  )

  it.effect("a pooler that is restarted under load loses only what it was passing on", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { kill, start, stop } = yield* PgBouncer
      const wait = Effect.sleep("50 millis")
      const fault = Effect.all([wait, kill, start, wait, stop, wait, start, wait])
      assert.isEmpty(unexpected(yield* statementsDuring(fault)))
      assert.deepStrictEqual(yield* sql`SELECT 1 AS one`, [{ one: 1 }])
    })
  )
}

/** As {@link pooledClient}, over a network that can lose what is said. */
const overNetwork = (mode: PoolMode) => {
  const network = Layer.unwrapEffect(
    Effect.map(PgBouncer, ({ host, port }) => FaultProxy.layer({ upstream: { host, port } }))
  )
  const client = Layer.unwrapEffect(
    Effect.gen(function* () {
      const { url } = yield* PgBouncer
      return PgClient.layer({ url: (yield* FaultProxy).url(url), maxConnections: 2 })
    })
  )
  return client.pipe(Layer.provideMerge(network), Layer.provideMerge(pooler({ mode })))
}

/** A transaction that inserts one row, with the network told to lose one message about COMMIT. */
const lostCommit = (direction: Direction) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const direct = yield* Direct
    yield* direct`DROP TABLE IF EXISTS ledger`
    yield* direct`CREATE TABLE ledger (id int)`
    yield* Effect.flatMap(FaultProxy, (proxy) => proxy.cutBefore(direction, FaultProxy.isCommit))
    const body = Effect.as(sql`INSERT INTO ledger VALUES (7)`, "its value")
    const result = yield* Effect.either(sql.withTransaction(body))
    return { result, rows: yield* direct`SELECT id FROM ledger` }
  })

const resolves = (it: Vitest.MethodsNonLive<Direct | FaultProxy | SqlClient.SqlClient, true>) => {
  it.effect("a COMMIT whose answer was lost behind a pooler is still resolved", () =>
    Effect.gen(function* () {
      const { result, rows } = yield* lostCommit("toClient")
      assert.deepStrictEqual(result, Either.right("its value"))
      assert.deepStrictEqual(rows, [{ id: 7 }])
    })
  )

  it.effect("a COMMIT that never arrived is known to be rolled back", () =>
    Effect.gen(function* () {
      const { result, rows } = yield* lostCommit("toServer")
      const error = yield* Effect.flip(result)
      assert.instanceOf(error, PgError)
      assert.strictEqual(error.outcome, "RolledBack")
      assert.deepStrictEqual(rows, [])
    })
  )
}

const stock = Layer.unwrapEffect(Effect.map(PgBouncer, ({ url }) => Upstream.layer({ url }))).pipe(
  Layer.provideMerge(pooler({ mode: "transaction" }))
)

const stage = Layer.provideMerge(Direct.layer, TestDatabase.address)

describeWithPgBouncer("behind PgBouncer", () => {
  layer(stage, { excludeTestServices: true, timeout: "1 minute" })((it) => {
    for (const mode of ["transaction", "session"] as const) {
      it.layer(pooledClient({ mode }, { maxConnections: 2 }))(`in ${mode} mode`, (it) => {
        interrupts(it)
        losesBackends(it)
        losesPooler(it)
      })
      it.layer(overNetwork(mode))(`in ${mode} mode`, resolves)
    }

    it.layer(stock)("on the stock client", (it) => {
      it.effect("an interrupted statement runs on: it is cancelled by a pid that is none", () =>
        Effect.gen(function* () {
          yield* interruption(yield* SqlClient.SqlClient, 5.5)
          yield* Effect.sleep("300 millis")
          assert.strictEqual(yield* running("pg_sleep(5.5)"), 1)
          yield* killBackends
        })
      )
    })
  })
})
