import { SqlClient } from "@effect/sql"
import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Schedule } from "effect"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { EmbeddedPostgres } from "../../src/testing/EmbeddedPostgres.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { session } from "../testing/ServerFixture.ts"

/** A server that writes its log to disk only for a COMMIT, so that a crash loses all others' ids. */
const forgetful = EmbeddedPostgres.layer({
  settings: {
    autovacuum: "off",
    checkpoint_timeout: "1h",
    wal_writer_delay: "10s",
    wal_writer_flush_after: "1GB"
  }
})

const network = Layer.unwrapEffect(
  Effect.map(EmbeddedPostgres, ({ host, port }) => FaultProxy.layer({ upstream: { host, port } }))
)

/** A client of its own for each case: the last one's may still have a connection to ask on. */
const client = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { url } = yield* EmbeddedPostgres
    return PgClient.layer({ url: (yield* FaultProxy).url(url), acquireTimeout: "15 seconds" })
  })
)

const stage = network.pipe(Layer.provideMerge(forgetful))

/** Runs statements on the server itself, each in a session of its own: the first value of the last. */
const directly = (...statements: ReadonlyArray<string>) =>
  Effect.flatMap(EmbeddedPostgres, ({ url }) =>
    Effect.scoped(
      Effect.flatMap(session(url), (direct) =>
        Effect.promise(async () => {
          let value: unknown
          for (const text of statements) {
            const { rows } = await direct.query({ text, rowMode: "array" })
            value = rows[0]?.[0]
          }
          return String(value)
        })
      )
    )
  )

const ledger = Effect.gen(function* () {
  yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
  yield* directly("DROP TABLE IF EXISTS ledger", "CREATE TABLE ledger (id text)", "CHECKPOINT")
  return yield* SqlClient.SqlClient
})

const isThere = Effect.map(
  directly("SELECT count(*) FROM ledger WHERE id = 'lost'"),
  (count) => count === "1"
)

const often = Schedule.spaced("5 millis")

/** A transaction whose COMMIT is lost, one way or the other; nobody can ask until the proxy heals. */
const lost = (sql: SqlClient.SqlClient, at: "request" | "answer") =>
  Effect.gen(function* () {
    const proxy = yield* FaultProxy
    const { cuts } = yield* proxy.stats
    let xid = ""
    const body = Effect.gen(function* () {
      yield* sql`INSERT INTO ledger VALUES ('lost')`
      const [row] = yield* sql<{ readonly xid: string }>`SELECT pg_current_xact_id()::text AS xid`
      xid = row?.xid ?? ""
      yield* at === "request"
        ? proxy.cutBefore("toServer", FaultProxy.isCommit)
        : proxy.cutAfter("toServer", FaultProxy.isCommit)
      yield* proxy.refuse
    })
    const fiber = yield* Effect.fork(Effect.either(sql.withTransaction(body)))
    yield* Effect.repeat(proxy.stats, { until: (now) => now.cuts > cuts, schedule: often })
    // The server has still to do what it was sent.
    if (at === "answer") yield* Effect.repeat(isThere, { until: (is) => is, schedule: often })
    return { xid, fiber }
  })

const crash = Effect.flatMap(EmbeddedPostgres, ({ restart }) => restart("immediate"))

/** The time of a checkpoint is told in whole seconds. */
const nextSecond = Effect.sleep(Duration.millis(1_100))

/** Commits others until the server says "committed" of an id that was given before its crash. */
const giveAgain = (xid: string) =>
  Effect.gen(function* () {
    for (let given = ""; given !== xid; ) {
      given = yield* directly(
        "INSERT INTO ledger VALUES ('another') RETURNING pg_current_xact_id()::text"
      )
      assert.isAtMost(Number(given), Number(xid), "the id was durable, so the trap was not set")
    }
    assert.strictEqual(yield* directly(`SELECT pg_xact_status('${xid}')`), "committed")
  })

/** What a client is told of a transaction whose COMMIT was lost, after something has happened. */
const told = <E, R>(
  at: "request" | "answer",
  meanwhile: (xid: string) => Effect.Effect<unknown, E, R>
) =>
  Effect.gen(function* () {
    const { fiber, xid } = yield* lost(yield* ledger, at)
    yield* meanwhile(xid)
    yield* Effect.flatMap(FaultProxy, ({ heal }) => heal)
    const result = yield* Fiber.join(fiber)
    if (result._tag === "Right") return "Committed"
    assert.instanceOf(result.left, PgError)
    return result.left.outcome
  }).pipe(Effect.provide(client))

layer(stage, { excludeTestServices: true, timeout: "1 minute" })((it) => {
  describe("after a crash", () => {
    it.effect("a lost transaction whose id was given to another is RolledBack", () =>
      Effect.gen(function* () {
        const outcome = yield* told("request", (xid) =>
          nextSecond.pipe(Effect.zipRight(crash), Effect.zipRight(giveAgain(xid)))
        )
        assert.strictEqual(outcome, "RolledBack")
        assert.isFalse(yield* isThere)
      })
    )

    it.effect("and another crash, the survivor of which has the id, nobody claims to know", () =>
      Effect.gen(function* () {
        const outcome = yield* told("request", (xid) =>
          crash.pipe(Effect.zipRight(giveAgain(xid)), Effect.zipRight(crash))
        )
        assert.strictEqual(outcome, "Unknown")
        assert.isFalse(yield* isThere)
      })
    )

    it.effect("an id that nobody has got yet is RolledBack", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* told("request", () => crash), "RolledBack")
        assert.isFalse(yield* isThere)
      })
    )

    it.effect("a transaction that was committed is Unknown, since the id could be another's", () =>
      Effect.gen(function* () {
        const others = directly("INSERT INTO ledger VALUES ('another')")
        assert.strictEqual(yield* told("answer", () => Effect.zipRight(crash, others)), "Unknown")
        assert.isTrue(yield* isThere)
      })
    )

    it.effect("and a checkpoint since, nobody claims to know", () =>
      Effect.gen(function* () {
        const outcome = yield* told("request", (xid) =>
          crash.pipe(Effect.zipRight(giveAgain(xid)), Effect.zipRight(directly("CHECKPOINT")))
        )
        assert.strictEqual(outcome, "Unknown")
      })
    )

    it.effect("and an orderly restart since, nobody claims to know", () =>
      Effect.gen(function* () {
        const restart = Effect.flatMap(EmbeddedPostgres, ({ restart }) => restart("fast"))
        const outcome = yield* told("request", (xid) =>
          crash.pipe(Effect.zipRight(giveAgain(xid)), Effect.zipRight(restart))
        )
        assert.strictEqual(outcome, "Unknown")
      })
    )
  })

  describe("after an orderly restart", () => {
    it.effect("a lost transaction is known, whatever became of it", () =>
      Effect.gen(function* () {
        const restart = Effect.flatMap(EmbeddedPostgres, ({ restart }) => restart("fast"))
        assert.strictEqual(yield* told("answer", () => restart), "Committed")
        assert.strictEqual(yield* told("request", () => restart), "RolledBack")
      })
    )
  })
})
