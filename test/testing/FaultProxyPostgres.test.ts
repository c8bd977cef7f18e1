import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Redacted, Schedule } from "effect"
import pg from "pg"
import { inject } from "vitest"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { eventually, session } from "./ServerFixture.ts"
import { dialTcp } from "./TcpPeer.ts"

/** A proxy before the server of this run, and how to reach both. */
const stage = Effect.gen(function* () {
  const direct = Redacted.make(inject("postgresUrl"))
  const proxy = yield* FaultProxy.make({ upstream: direct })
  return { direct, proxy, url: proxy.url(direct) }
})

const query = (client: pg.Client, sql: string) =>
  Effect.tryPromise({
    try: () => client.query<{ readonly n: number }>(sql),
    catch: (error) => error as pg.DatabaseError
  })

/** Tries to open a session, and answers why that failed. */
const refusal = (url: Redacted.Redacted<string>) =>
  Effect.flip(
    Effect.acquireUseRelease(
      Effect.sync(() => new pg.Client({ connectionString: Redacted.value(url) })),
      (client) =>
        Effect.tryPromise({
          try: () => client.connect(),
          catch: (error) => error as pg.DatabaseError
        }),
      (client) => Effect.promise(() => client.end().catch(() => undefined))
    )
  )

/** A table that goes with the scope, and what is in it. */
const table = (name: string) =>
  Effect.gen(function* () {
    const client = yield* session(inject("postgresUrl"))
    yield* Effect.acquireRelease(query(client, `create table ${name} (n int)`), () =>
      Effect.ignore(query(client, `drop table ${name}`))
    )
    const rows = query(client, `select n from ${name} order by n`)
    return { rows: Effect.map(rows, (answer) => answer.rows.map(({ n }) => n)) }
  })

describe("a proxy before a Postgres", () => {
  it.scopedLive("ends sessions in the words of a server that is shut down", () =>
    Effect.gen(function* () {
      const { proxy, url } = yield* stage
      const client = yield* session(url)
      const running = yield* Effect.fork(query(client, "select pg_sleep(60)"))
      yield* Effect.sleep("20 millis")
      assert.strictEqual(yield* proxy.terminateAll, 1)
      const error = yield* Effect.flip(Fiber.join(running))
      assert.strictEqual(error.code, "57P01")
      assert.strictEqual(error.severity, "FATAL")
    })
  )

  it.scopedLive("keeps a connection limit as a full server does, and lets in who comes later", () =>
    Effect.gen(function* () {
      const { proxy, url } = yield* stage
      yield* proxy.connectionLimit(2)
      const first = yield* session(url)
      yield* session(url)
      const error = yield* refusal(url)
      assert.strictEqual(error.code, "53300")
      assert.strictEqual(error.message, "sorry, too many clients already")
      assert.strictEqual((yield* proxy.stats).rejected, 1)
      yield* Effect.promise(() => first.end())
      yield* session(url)
    })
  )

  it.scopedLive(
    "turns everybody away in words of its own, and answers a wish for TLS with no",
    () =>
      Effect.gen(function* () {
        const { proxy, url } = yield* stage
        yield* proxy.connectionLimit(0, FaultProxy.startingUp)
        assert.strictEqual((yield* refusal(url)).code, "57P03")
        const quota = { sqlState: "XX000", severity: "ERROR", message: "quota: éßü" } as const
        yield* proxy.connectionLimit(0, quota)
        const error = yield* refusal(url)
        assert.deepInclude(error, { code: "XX000", severity: "ERROR", message: "quota: éßü" })
        const secure = new URL(Redacted.value(url))
        secure.searchParams.set("sslmode", "no-verify")
        const { message } = yield* refusal(Redacted.make(secure.href))
        assert.include(message, "does not support SSL")
      })
  )

  it.scopedLive("lets a statement be cancelled even where it turns sessions away", () =>
    Effect.gen(function* () {
      const { direct, proxy, url } = yield* stage
      const client = yield* session(url)
      const { processID, secretKey } = client as pg.Client & {
        readonly processID: number
        readonly secretKey: number
      }
      yield* proxy.connectionLimit(0)
      const running = yield* Effect.fork(query(client, "select pg_sleep(60)"))
      // A cancel that comes before its statement is lost.
      const sleeping = query(
        yield* session(direct),
        `select from pg_stat_activity where pid = ${processID} and wait_event = 'PgSleep'`
      )
      yield* Effect.repeat(sleeping, { until: ({ rows }) => rows.length === 1 })
      const canceller = yield* dialTcp(proxy)
      const request = Buffer.alloc(16)
      for (const [i, word] of [16, 80_877_102, processID, secretKey].entries()) {
        request.writeInt32BE(word, i * 4)
      }
      yield* canceller.write(request)
      assert.strictEqual((yield* Effect.flip(Fiber.join(running))).code, "57014")
    })
  )

  it.scopedLive("goes to sleep in the words of a server, and is woken by the next connection", () =>
    Effect.gen(function* () {
      const { proxy, url } = yield* stage
      const idle = yield* session(url)
      const said = yield* Effect.fork(
        Effect.async<string>((resume) => {
          idle.once("error", (error: pg.DatabaseError) => resume(Effect.succeed(error.code ?? "")))
        })
      )
      yield* Effect.yieldNow()
      yield* proxy.suspend("300 millis")
      assert.strictEqual(yield* Fiber.join(said), "57P01")
      yield* Effect.sleep("350 millis")
      const took = Effect.map(Effect.timed(session(url)), ([took]) => Duration.toMillis(took))
      assert.isAtLeast(yield* took, 295)
    })
  )

  it.scopedLive("muted to the client, has what it was asked for done and says nothing of it", () =>
    Effect.gen(function* () {
      const { proxy, url } = yield* stage
      const { rows } = yield* table("muted")
      const client = yield* session(url)
      yield* proxy.mute("toClient")
      const insert = yield* Effect.fork(query(client, "insert into muted values (1)"))
      yield* Effect.repeat(rows, { until: (all) => all.length === 1 })
      // Others see the row a moment before the server has sent its answer.
      yield* Effect.sleep("50 millis")
      assert.isNull(insert.unsafePoll())
      yield* proxy.heal
      assert.isTrue(Exit.isFailure(yield* Fiber.await(insert)))
    })
  )

  it.scopedLive("muted to the server, passes on what the server still says", () =>
    Effect.gen(function* () {
      const { direct, proxy, url } = yield* stage
      const client = yield* session(url)
      yield* query(client, "listen told")
      const heard: Array<string> = []
      client.on("notification", ({ payload }) => heard.push(payload ?? ""))
      yield* proxy.mute("toServer")
      const lost = yield* Effect.fork(query(client, "select 1"))
      yield* query(yield* session(direct), "notify told, 'news'")
      yield* eventually("the news", () => heard.includes("news"))
      assert.isNull(lost.unsafePoll())
    })
  )

  it.scopedLive(
    "stalls, and then answers what was asked, on a connection that lived through it",
    () =>
      Effect.gen(function* () {
        const { proxy, url } = yield* stage
        const client = yield* session(url)
        yield* proxy.stall
        const asked = yield* Effect.fork(query(client, "select 1 as n"))
        const opening = yield* Effect.fork(session(url))
        yield* Effect.sleep("100 millis")
        assert.isNull(asked.unsafePoll())
        yield* proxy.heal
        assert.strictEqual((yield* Fiber.join(asked)).rows[0]?.n, 1)
        yield* Fiber.join(opening)
        assert.strictEqual((yield* proxy.stats).accepted, 2)
      })
  )

  it.scopedLive.each([
    { when: "before", ending: "reset", left: [], says: /ECONNRESET/ },
    { when: "after", ending: "reset", left: [1], says: /ECONNRESET/ },
    { when: "after", ending: "close", left: [1], says: /terminated unexpectedly/ }
  ] as const)("cuts $when COMMIT by $ending", ({ when, ending, left, says }) =>
    Effect.gen(function* () {
      const { proxy, url } = yield* stage
      const { rows } = yield* table("ledger")
      const client = yield* session(url)
      yield* query(client, "begin")
      yield* query(client, "insert into ledger values (1)")
      yield* proxy.cutCommit(when, ending)
      assert.match(String(yield* Effect.flip(query(client, "commit"))), says)
      assert.deepStrictEqual(yield* rows, [...left])
    })
  )

  it.scopedLive("cuts after COMMIT into a black hole: committed, and not a word", () =>
    Effect.gen(function* () {
      const { proxy, url } = yield* stage
      const { rows } = yield* table("silence")
      const client = yield* session(url)
      yield* query(client, "begin; insert into silence values (1)")
      yield* proxy.cutCommit("after", "blackhole")
      const commit = yield* Effect.fork(query(client, "commit"))
      yield* Effect.repeat(proxy.stats, {
        until: ({ cuts }) => cuts === 1,
        schedule: Schedule.spaced("5 millis")
      })
      assert.deepStrictEqual(yield* rows, [1])
      assert.isNull(commit.unsafePoll())
      yield* proxy.heal
      assert.isTrue(Exit.isFailure(yield* Fiber.await(commit)))
    })
  )
})
