import { setImmediate } from "node:timers/promises"
import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import {
  Array as Arr,
  Context,
  Duration,
  Effect,
  Either,
  Fiber,
  Layer,
  Option,
  Schedule
} from "effect"
import { Pool } from "../../src/pool/Pool.ts"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { statementTimeout } from "../../src/sql/session/statementTimeout.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network, proxiedClient } from "../support/ProxiedClient.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const stage = proxiedClient({ maxConnections: 1 }).pipe(
  Layer.provideMerge(network),
  Layer.provideMerge(TestDatabase.address)
)

const many = 8

const each = Arr.makeBy(many, (number) => number)

/** A text that is known to be quick; what it is given decides how long it really takes. */
const numbered = (sql: SqlClient.SqlClient, number: number, seconds = 0) =>
  sql<{ readonly number: number }>`
    SELECT 100 / (5 - ${number}::int) AS hundredth, ${number}::int AS number, pg_sleep(${seconds})`

const together = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E>>) =>
  Effect.all(effects, { concurrency: "unbounded" })

/** One turn of the event loop. */
const turn = Effect.promise(() => setImmediate())

/** A faithful network, and a text that has been seen a few times. */
const seen = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const proxy = yield* FaultProxy
  yield* proxy.heal
  yield* Effect.repeatN(numbered(sql, 1), 60)
  return { sql, proxy }
})

/**
 * Does it until all of it went over one borrowed connection: on a busy machine a text may look slow for a
 * while, and then goes alone.
 */
const inOneGo = <A, E, R, R2>(
  prepare: Effect.Effect<unknown, E, R2>,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const pool = yield* Pool
    yield* prepare
    const before = (yield* pool.stats).acquired
    const result = yield* effect
    return { result, acquired: (yield* pool.stats).acquired - before }
  }).pipe(
    Effect.repeat({ until: ({ acquired }) => acquired === 1, times: 50 }),
    Effect.map(({ result }) => result)
  )

const outcomeOf = Either.match({
  onLeft: (error: unknown) => (error instanceof PgError ? error.outcome : "?"),
  onRight: () => "answered"
})

layer(stage, { excludeTestServices: true, timeout: "1 minute" })(
  "statements that share a connection",
  (it) => {
    it.effect("get their own rows each, in the time of one round trip", () =>
      Effect.gen(function* () {
        const { proxy, sql } = yield* seen
        const questions = each.filter((number) => number !== 5)
        const [took, answers] = yield* inOneGo(
          Effect.zipRight(seen, proxy.latency("50 millis")),
          Effect.timed(together(questions.map((number) => numbered(sql, number))))
        )
        assert.deepStrictEqual(
          answers.map(([row]) => row?.number),
          questions
        )
        // 100 ms there and back. One after the other they would take 0.7 s.
        assert.isBelow(Duration.toMillis(took), 350)
      })
    )

    it.effect("fail alone", () =>
      Effect.gen(function* () {
        const { sql } = yield* seen
        const circular: Record<string, unknown> = {}
        circular.circular = circular
        const unencodable = sql`SELECT ${sql.unsafe("1")}, ${circular as never}::json`
        const results = yield* together([
          ...each.map((number) => Effect.either(numbered(sql, number))),
          Effect.either(unencodable),
          Effect.either(numbered(sql, 2))
        ])
        const failed = results.flatMap((result, index) => (Either.isLeft(result) ? [index] : []))
        assert.deepStrictEqual(failed, [5, many])
      })
    )

    it.effect("know each whether they were answered when the connection is lost", () =>
      Effect.gen(function* () {
        const { proxy, sql } = yield* seen
        for (const answered of [0, 1, 4, many - 1]) {
          const cut = Effect.suspend(() => {
            let answers = 0
            return proxy.cutBefore("toClient", ({ type }) => type === "2" && answers++ === answered)
          })
          const results = yield* inOneGo(
            Effect.zipRight(seen, cut),
            together(each.map((number) => Effect.either(numbered(sql, number === 5 ? 4 : number))))
          )
          assert.deepStrictEqual(
            results.map(outcomeOf),
            each.map((index) => (index < answered ? "answered" : "Unknown"))
          )
        }
      })
    )

    it.effect("are sent elsewhere if they came after the connection was lost", () =>
      Effect.gen(function* () {
        const { proxy, sql } = yield* seen
        yield* proxy.resetAll
        yield* Effect.sleep("20 millis")
        const results = yield* together(each.map((number) => Effect.either(numbered(sql, number))))
        assert.deepStrictEqual(
          results.map(outcomeOf).filter((outcome) => outcome !== "answered"),
          ["RolledBack"]
        )
      })
    )

    it.effect("go on when one of them is interrupted, however long that one would take", () =>
      Effect.gen(function* () {
        const { sql } = yield* seen
        const slow = yield* Effect.fork(numbered(sql, 1, 30))
        const quick = yield* Effect.fork(together(each.slice(1, 5).map((n) => numbered(sql, n))))
        yield* Effect.sleep("50 millis")
        const [took] = yield* Effect.timed(Fiber.interrupt(slow))
        assert.isBelow(Duration.toMillis(took), 250)
        const answers = yield* Effect.timeout(Fiber.join(quick), "2 seconds")
        assert.deepStrictEqual(
          answers.map(([row]) => row?.number),
          [1, 2, 3, 4]
        )
      })
    )

    it.effect("go on when the time of one of them is up, and that one is told so", () =>
      Effect.gen(function* () {
        const { sql } = yield* seen
        const limited = Effect.flip(statementTimeout(numbered(sql, 1, 30), "60 millis"))
        const others = each.slice(1, 5).map((number) => numbered(sql, number))
        const [took, [late, answers]] = yield* Effect.timed(
          Effect.zip(limited, together(others), { concurrent: true })
        )
        assert.isBelow(Duration.toMillis(took), 2_000)
        assert.strictEqual(Option.getOrThrow(PgError.of(late)).reason._tag, "StatementTimeoutError")
        assert.deepStrictEqual(
          answers.map(([row]) => row?.number),
          [1, 2, 3, 4]
        )
      })
    )

    it.effect("share although the time of each is limited", () =>
      Effect.gen(function* () {
        const { sql } = yield* seen
        const limited = each.map((number) =>
          statementTimeout(Effect.either(numbered(sql, number)), "10 seconds")
        )
        yield* inOneGo(Effect.void, together(limited))
      })
    )

    it.effect("are answered although a request to cancel hit them in place of another", () =>
      Effect.gen(function* () {
        const { sql } = yield* seen
        const first = yield* Effect.fork(numbered(sql, 1, 0.3))
        const second = yield* Effect.fork(numbered(sql, 2, 0.3))
        const third = yield* Effect.fork(numbered(sql, 3, 30))
        yield* Effect.sleep("50 millis")
        yield* Fiber.interrupt(third)
        const answers = yield* together([Fiber.join(first), Fiber.join(second)])
        assert.deepStrictEqual(
          answers.map(([row]) => row?.number),
          [1, 2]
        )
        const pool = yield* Pool
        yield* pool.stats.pipe(
          Effect.repeat({ until: ({ active }) => active === 0, schedule: Schedule.spaced(10) }),
          Effect.timeout("3 seconds")
        )
      })
    )

    it.scoped("are not held up by one that waits, even for somebody who waits for them", () =>
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const other = yield* Layer.build(PgClient.layer({ url, maxConnections: 1 }))
        const { sql } = yield* seen
        yield* sql`DROP TABLE IF EXISTS locked`
        yield* sql`CREATE TABLE locked AS SELECT 1 AS one`
        const blocked = sql`SELECT one FROM locked`
        const locking = Context.get(other, SqlClient.SqlClient)
        const pool = yield* Pool
        const heldUp = locking.withTransaction(
          Effect.gen(function* () {
            yield* locking`LOCK TABLE locked`
            const first = yield* Effect.fork(blocked)
            // As soon as they are on their way. A busy machine may still be late, and then nobody joins them.
            yield* Effect.repeat(Effect.zipRight(turn, pool.stats), {
              until: ({ active }) => active === 1,
              times: 1_000
            })
            // It counts as active while it is proven, which takes a turn.
            yield* Effect.zipRight(turn, turn)
            const second = yield* Effect.fork(blocked)
            yield* Effect.yieldNow()
            yield* Effect.timeout(together([numbered(sql, 1), numbered(sql, 2)]), "1 second")
            assert.isNull(first.unsafePoll())
            return Fiber.zip(first, second)
          })
        )
        // While a machine is busy no text is seen to be quick, and nobody shares.
        const waiting = yield* Effect.retry(Effect.zipRight(Effect.repeatN(blocked, 60), heldUp), {
          times: 12
        })
        assert.deepStrictEqual(yield* Fiber.join(waiting), [[{ one: 1 }], [{ one: 1 }]])
      })
    )

    it.effect("see a table that was altered under them", () =>
      Effect.gen(function* () {
        const { sql } = yield* seen
        yield* sql`DROP TABLE IF EXISTS altered`
        yield* sql`CREATE TABLE altered AS SELECT 1 AS one`
        const all = sql`SELECT * FROM altered`
        yield* Effect.repeatN(all, 60)
        yield* sql`ALTER TABLE altered ADD COLUMN two int DEFAULT 2`
        const rows = yield* together(Arr.replicate(all, many))
        assert.deepStrictEqual(rows, Arr.replicate([{ one: 1, two: 2 }], many))
      })
    )
  }
)

layer(Layer.provideMerge(network, TestDatabase.address), {
  excludeTestServices: true,
  timeout: "1 minute"
})("who does not share a connection", (it) => {
  const asks = "SELECT pg_backend_pid() AS pid"

  /** The backends that served so many of the same at once, once it was known. */
  const backends = (sql: SqlClient.SqlClient, statement: string) =>
    Effect.gen(function* () {
      const one = sql.unsafe<{ readonly pid: number }>(statement)
      yield* Effect.repeatN(one, 60)
      const answers = yield* together(Arr.replicate(one, 4))
      return new Set(answers.map(([row]) => row?.pid)).size
    })

  /** They share: at once, or where the machine is busy a little later. */
  const shared = (sql: SqlClient.SqlClient) =>
    Effect.repeat(backends(sql, asks), { until: (count) => count === 1, times: 50 })

  it.effect("takes its time, locks rows, or writes", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE written (pid int)`
      yield* sql`INSERT INTO written SELECT pg_backend_pid()`
      assert.strictEqual(yield* shared(sql), 1)
      assert.strictEqual(yield* backends(sql, `${asks}, pg_sleep(0.02)`), 4)
      assert.isAbove(yield* backends(sql, `${asks} FROM written FOR SHARE`), 1)
      const insert = "INSERT INTO written SELECT pg_backend_pid() RETURNING pid"
      assert.isAbove(yield* backends(sql, insert), 1)
    }).pipe(Effect.provide(proxiedClient({ minConnections: 4 })))
  )

  it.effect("has so little time that a neighbour could use it up", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.isAbove(yield* backends(sql, asks), 1)
    }).pipe(Effect.provide(proxiedClient({ minConnections: 4, statementTimeout: "200 millis" })))
  )

  it.effect("was told not to", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      assert.isAbove(yield* backends(sql, asks), 1)
    }).pipe(Effect.provide(proxiedClient({ minConnections: 4, pipelines: false })))
  )
})
