import type { SqlError } from "@effect/sql/SqlError"
import { assert, layer } from "@effect/vitest"
import { DateTime, Deferred, Duration, Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { captured } from "../support/Captured.ts"
import { Direct } from "../support/Direct.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** It notifies, kills and counts at the same time. */
const direct = Layer.unwrapEffect(Effect.map(TestDatabase, ({ url }) => Direct.at(url, 3)))

const proxied = Layer.unwrapEffect(
  Effect.map(TestDatabase, ({ url }) => {
    const { hostname, port } = new URL(Redacted.value(url))
    return FaultProxy.layer({ upstream: { host: hostname, port: Number(port) } })
  })
)

const log = captured()

const client = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    return PgClient.layer({ url: (yield* FaultProxy).url(url), connectTimeout: "2 seconds" })
  })
).pipe(Layer.provide(log.layer))

const stage = client.pipe(
  Layer.provideMerge(Layer.merge(proxied, direct)),
  Layer.provideMerge(TestDatabase.address)
)

const onStage = layer(stage, { excludeTestServices: true })

/** 100 ms is the promise; the rest is what two busy cores may add to it. */
const promptly = 250

/** The server's sessions that listen. */
const sessions = Effect.flatMap(
  Direct,
  (sql) => sql<{ readonly pid: number }>`
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN%'`
)

const killListener = Effect.flatMap(
  Direct,
  (sql) => sql`
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN%'`
)

const until = <A, E, R>(check: Effect.Effect<A, E, R>, isSo: (value: A) => boolean) =>
  Effect.zipLeft(check, Effect.sleep("10 millis")).pipe(
    Effect.repeat({ until: isSo }),
    Effect.timeout("10 seconds")
  )

/** Listens in the background, and goes on when the server has confirmed it. */
const listening = (channel: string) =>
  Effect.gen(function* () {
    const heard: Array<number> = []
    const gaps: Array<PgClient.Gap> = []
    const hasBegun = yield* Deferred.make<void>()
    const fiber = yield* PgClient.notifications(channel).pipe(
      Stream.runForEach((event) => {
        if (event._tag === "Notification") heard.push(Number(event.payload))
        if (event._tag === "Gap") gaps.push(event)
        return event._tag === "Listening" ? Deferred.succeed(hasBegun, undefined) : Effect.void
      }),
      Effect.forkScoped
    )
    yield* Deferred.await(hasBegun)
    return { heard, gaps, fiber }
  })

const interrupted = (fiber: Fiber.Fiber<void, SqlError>) =>
  Effect.map(Effect.timed(Fiber.interrupt(fiber)), ([took]) => Duration.toMillis(took))

interface Sent {
  readonly from: number
  readonly to: number
}

/** Notifies a channel of 0, 1, 2 and so on until it is interrupted, and records when. */
const notifying = (channel: string) =>
  Effect.gen(function* () {
    const sql = yield* Direct
    const sent: Array<Sent> = []
    const one = Effect.gen(function* () {
      const from = Date.now()
      yield* sql.notify(channel, String(sent.length))
      sent.push({ from, to: Date.now() })
      yield* Effect.sleep("3 millis")
    })
    const fiber = yield* Effect.fork(Effect.forever(one))
    return { sent, fiber }
  })

const overlaps =
  ({ from, to }: Sent) =>
  (gap: PgClient.Gap): boolean =>
    to >= DateTime.toEpochMillis(gap.since) && from <= DateTime.toEpochMillis(gap.until)

const gapLines = (channel: string) =>
  log.lines.filter(({ message }) => message.startsWith(`Notifications on "${channel}"`))

onStage("listening", (it) => {
  it.scoped(
    "goes on after its backend is killed, and what was missed lies in a gap told once",
    () =>
      Effect.gen(function* () {
        const { gaps, heard } = yield* listening("killed")
        const { fiber: sender, sent } = yield* notifying("killed")
        for (let kills = 1; kills <= 5; kills++) {
          yield* killListener
          yield* until(
            Effect.sync(() => gaps.length),
            (count) => count >= kills
          )
          const next = sent.length
          yield* until(
            Effect.sync(() => heard.at(-1) ?? 0),
            (last) => last > next
          )
        }
        yield* Fiber.interrupt(sender)
        yield* until(
          Effect.sync(() => heard.at(-1)),
          (last) => (last ?? 0) >= sent.length - 1
        )
        assert.strictEqual(gaps.length, 5)
        assert.strictEqual(gapLines("killed").length, 5)
        assert.deepStrictEqual(
          heard,
          [...new Set(heard)].sort((a, b) => a - b)
        )
        const missed = sent.filter((_, number) => !heard.includes(number))
        assert.deepStrictEqual(
          missed.filter((one) => !gaps.some(overlaps(one))),
          []
        )
      })
  )

  it.scoped("outlives a server that is away, and begins when it is back", () =>
    Effect.gen(function* () {
      const proxy = yield* FaultProxy
      const before = yield* listening("away")
      yield* proxy.refuse
      yield* proxy.resetAll
      const late = yield* Effect.fork(listening("late"))
      yield* Effect.sleep("1500 millis")
      assert.strictEqual(before.gaps.length, 0)
      yield* proxy.heal
      const [took, after] = yield* Effect.timed(Fiber.join(late))
      // A delay of half a second at most, and what a busy machine adds.
      assert.isBelow(Duration.toMillis(took), 3_000)
      const sql = yield* Direct
      yield* sql.notify("away", "1")
      yield* sql.notify("late", "2")
      yield* until(
        Effect.sync(() => [...before.heard, ...after.heard]),
        ({ length }) => length === 2
      )
      assert.deepStrictEqual([before.gaps.length, after.gaps.length], [1, 0])
      assert.strictEqual(gapLines("away").length, 1)
      const [gap] = before.gaps
      assert.isAtLeast(gap === undefined ? 0 : DateTime.distance(gap.since, gap.until), 1_500)
    })
  )

  it.scoped("is interrupted at once where the network swallows everything", () =>
    Effect.gen(function* () {
      const proxy = yield* FaultProxy
      const begun = yield* listening("swallowed")
      yield* proxy.blackhole
      const sql = yield* PgClient.PgClient
      const another = yield* Effect.fork(Stream.runDrain(sql.listen("another")))
      yield* Effect.sleep("50 millis")
      const took = yield* Effect.forEach([another, begun.fiber], interrupted)
      const dialing = yield* Effect.fork(Stream.runDrain(sql.listen("dialing")))
      yield* Effect.sleep("50 millis")
      assert.isBelow(Math.max(...took, yield* interrupted(dialing)), promptly)
      yield* proxy.heal
    })
  )

  it.scoped("leaves no session behind, whenever it is interrupted", () =>
    Effect.gen(function* () {
      const proxy = yield* FaultProxy
      const sql = yield* PgClient.PgClient
      yield* sql`SELECT 1`
      for (let round = 0; round < 30; round++) {
        const fiber = yield* Effect.fork(Stream.runDrain(sql.listen(`brief ${round % 3}`)))
        yield* Effect.sleep(Duration.millis(round % 15))
        yield* Fiber.interrupt(fiber)
      }
      yield* until(sessions, ({ length }) => length === 0)
      yield* until(proxy.stats, ({ open }) => open <= 1)
    })
  )
})
