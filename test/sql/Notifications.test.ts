import { PgClient as Upstream } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Redacted, Stream } from "effect"
import * as pg from "pg"
import { PgClient, PgError } from "../../src/sql/index.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Listens in the background, and goes on when the server has confirmed it. */
const listening = (channel: string) =>
  Effect.gen(function* () {
    const payloads: Array<string> = []
    const hasBegun = yield* Deferred.make<void>()
    const fiber = yield* PgClient.notifications(channel).pipe(
      Stream.runForEach((event) => {
        if (event._tag === "Notification") payloads.push(event.payload)
        return event._tag === "Listening" ? Deferred.succeed(hasBegun, undefined) : Effect.void
      }),
      Effect.fork
    )
    yield* Deferred.await(hasBegun)
    return { payloads, fiber }
  })

/** What is notified last on a channel has everything before it. */
const heardUpTo = ({ payloads }: { readonly payloads: ReadonlyArray<string> }, last: string) =>
  Effect.sleep("5 millis").pipe(
    Effect.repeat({ until: () => payloads.includes(last) }),
    Effect.timeout("5 seconds"),
    Effect.map(() => payloads)
  )

/** The sessions whose last statement was LISTEN or UNLISTEN. */
const sessions = Effect.flatMap(
  PgClient.PgClient,
  (sql) => sql<{ readonly pid: number; readonly query: string }>`
    SELECT pid, query FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE ANY (ARRAY['LISTEN%', 'UNLISTEN%'])`
)

layer(TestDatabase.client({ applicationName: "listener" }), { excludeTestServices: true })(
  "notifications",
  (it) => {
    it.effect("arrive once Listening has, and come from a transaction only if it commits", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const heard = yield* listening("news")
          yield* sql.notify("news", "first")
          const failing = Effect.zipRight(sql.notify("news", "rolled back"), Effect.fail("no"))
          yield* Effect.flip(sql.withTransaction(failing))
          const meanwhile = yield* sql.withTransaction(
            Effect.gen(function* () {
              yield* sql.notify("news", "committed")
              yield* Effect.sleep("50 millis")
              return [...heard.payloads]
            })
          )
          assert.notInclude(meanwhile, "committed")
          yield* sql.notify("news", "last")
          const payloads = yield* heardUpTo(heard, "last")
          assert.deepStrictEqual(payloads, ["first", "committed", "last"])
        })
      )
    )

    it.effect("arrive on channels with quotes, capitals and spaces, and without a payload", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const channels = [`He said "no"; DROP`, "ÜBER", "ünter", "x".repeat(63)]
          for (const channel of channels) {
            const heard = yield* listening(channel)
            yield* sql.unsafe(`NOTIFY ${pg.escapeIdentifier(channel)}`)
            yield* sql.notify(channel, "last")
            assert.deepStrictEqual(yield* heardUpTo(heard, "last"), ["", "last"])
          }
        })
      )
    )

    it.effect("of all channels come over one session, which ends with the last reader", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const first = yield* listening("a")
          const second = yield* listening("a")
          const third = yield* listening("b")
          assert.strictEqual((yield* sessions).length, 1)
          yield* sql.notify("a", "1")
          yield* sql.notify("b", "2")
          for (const heard of [first, second]) {
            assert.deepStrictEqual(yield* heardUpTo(heard, "1"), ["1"])
          }
          assert.deepStrictEqual(yield* heardUpTo(third, "2"), ["2"])
          yield* Fiber.interrupt(third.fiber)
          yield* Effect.repeat(sessions, {
            until: ([session]) => session?.query === 'UNLISTEN "b"'
          })
          yield* Fiber.interruptAll([first.fiber, second.fiber])
          yield* Effect.repeat(sessions, { until: ({ length }) => length === 0 })
        }).pipe(Effect.timeout("10 seconds"))
      )
    )

    it.effect(
      "are a stream of payloads by the client's listen, as upstream's: of those that have one",
      () =>
        Effect.gen(function* () {
          const sql = yield* PgClient.PgClient
          const heard = yield* Effect.fork(Stream.runCollect(Stream.take(sql.listen("plain"), 2)))
          yield* Effect.repeat(sessions, { until: ({ length }) => length === 1 })
          yield* sql.notify("plain", "1")
          yield* sql.notify("plain", "")
          yield* sql.notify("plain", "2")
          const payloads = yield* Effect.timeout(Fiber.join(heard), "5 seconds")
          assert.deepStrictEqual(Chunk.toReadonlyArray(payloads), ["1", "2"])
        })
    )

    it.effect("fail at once where the server refuses the login", () =>
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const wrong = new URL(Redacted.value(url))
        wrong.username = "nobody"
        const client = PgClient.layer({ url: Redacted.make(wrong.href), lazy: true })
        const error = yield* Stream.runDrain(PgClient.notifications("news")).pipe(
          Effect.provide(client),
          Effect.flip,
          Effect.timeout("5 seconds")
        )
        assert.instanceOf(error, PgError)
        assert.strictEqual(error.reason._tag, "AuthenticationError")
      })
    )

    it.effect("of a client that holdfast did not make fail with what to do", () =>
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const error = yield* Stream.runDrain(PgClient.notifications("news")).pipe(
          Effect.provide(Upstream.layer({ url })),
          Effect.flip
        )
        assert.include(error.message, "holdfast")
      })
    )
  }
)
