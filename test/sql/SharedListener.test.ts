import { assert, describe, it } from "@effect/vitest"
import { Chunk, DateTime, Duration, Effect, Fiber, Option, Stream, TestClock } from "effect"
import { ConnectError } from "../../src/pool/PoolError.ts"
import { PgError } from "../../src/sql/failure/PgError.ts"
import { Gap, type ListenEvent } from "../../src/sql/listen/ListenEvent.ts"
import { SharedListener } from "../../src/sql/listen/SharedListener.ts"
import { captured, settled } from "../support/Captured.ts"
import { SimulatedNotifier } from "../support/SimulatedNotifier.ts"

interface Options {
  readonly host?: string
  readonly heartbeat?: Duration.Duration
}

const stage = ({ heartbeat, host = "localhost" }: Options = {}) => {
  const server = new SimulatedNotifier()
  const listener = SharedListener.make({
    connector: server.connector,
    notify: server.notify,
    connectTimeout: Duration.seconds(5),
    backoff: { base: Duration.millis(100), cap: Duration.millis(500) },
    address: { host, port: 5432 },
    heartbeat: Option.fromNullable(heartbeat)
  })
  return Effect.map(listener, (listener) => ({ server, listener }))
}

/** Reads a channel in the background, into a growing list. */
const reading = (listener: SharedListener, channel: string) =>
  Effect.gen(function* () {
    const events: Array<ListenEvent> = []
    const fiber = yield* Effect.fork(
      Stream.runForEach(listener.events(channel), (event) => Effect.sync(() => events.push(event)))
    )
    yield* settled
    return { events, fiber }
  })

const tags = (events: ReadonlyArray<ListenEvent>) => events.map(({ _tag }) => _tag)

const payloads = (events: ReadonlyArray<ListenEvent>) =>
  events.flatMap((event) => (event._tag === "Notification" ? [event.payload] : []))

const failureOf = (fiber: Fiber.Fiber<unknown, PgError>) =>
  Effect.tap(Effect.flip(Fiber.join(fiber)), (error) => assert.instanceOf(error, PgError))

describe("a lost session to listen on", () => {
  it.scoped("is replaced at once, and what may have been missed is a gap, told once", () => {
    const log = captured()
    return Effect.gen(function* () {
      const { listener, server } = yield* stage()
      const { events } = yield* reading(listener, "news")
      yield* TestClock.adjust("1 hour")
      server.send("news", "heard")
      yield* settled
      yield* TestClock.adjust("1 minute")
      server.endAll()
      yield* settled
      server.send("news", "heard again")
      yield* settled
      yield* reading(listener, "others")
      assert.deepStrictEqual(tags(events), ["Listening", "Notification", "Gap", "Notification"])
      assert.deepStrictEqual(payloads(events), ["heard", "heard again"])
      const gap = events[2]
      assert.instanceOf(gap, Gap)
      assert.strictEqual(DateTime.distance(gap.since, gap.until), 60_000)
      assert.include(gap.reason, "57P01")
      const warnings = log.lines.filter(({ level }) => level === "WARN")
      assert.strictEqual(warnings.length, 1)
      assert.include(warnings[0]?.message, '"news"')
    }).pipe(Effect.provide(log.layer))
  })

  it.scoped("is looked for after 100 ms, doubled to 500 ms, while the server is away", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      const { events } = yield* reading(listener, "news")
      yield* TestClock.adjust("1 minute")
      server.goAway()
      for (let millis = 0; millis < 2_000; millis += 25) yield* TestClock.adjust("25 millis")
      const [, ...dials] = server.dials
      const waits = dials.slice(1).map((at, index) => at - (dials[index] ?? 0))
      assert.strictEqual(dials[0], 60_000)
      for (const [index, full] of [100, 200, 400, 500, 500].entries()) {
        assert.isAtMost(waits[index] ?? 0, full + 25)
        assert.isAtLeast(waits[index] ?? 0, 0.75 * full)
      }
      server.refusal = undefined
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual(tags(events), ["Listening", "Gap"])
    })
  )

  it.scoped("is not dialed in a loop where each new one is lost at once", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      yield* reading(listener, "news")
      for (let millis = 0; millis < 3_000; millis += 75) {
        server.endAll()
        yield* TestClock.adjust("75 millis")
      }
      assert.isAtMost(server.dials.length, 12)
    })
  )

  it.scoped("for good fails who listens, with the reason", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      const { events, fiber } = yield* reading(listener, "news")
      const message = "28P01: password authentication failed"
      server.refusal = new ConnectError({ message, isFatal: true, provesRestart: false })
      server.send("news", "last")
      server.endAll()
      const error = yield* failureOf(fiber)
      assert.include(error.message, "28P01")
      assert.isFalse(error.isRetryable)
      assert.deepStrictEqual(payloads(events), ["last"])
      server.refusal = undefined
      assert.deepStrictEqual(tags((yield* reading(listener, "news")).events), ["Listening"])
    })
  )

  it.scoped("is noticed within the heartbeat where the network swallows everything", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage({ heartbeat: Duration.seconds(30) })
      const { events } = yield* reading(listener, "news")
      yield* TestClock.adjust("30 seconds")
      assert.include(server.statements, "SELECT 1")
      assert.strictEqual(server.dials.length, 1)
      server.swallowAll()
      yield* TestClock.adjust("30 seconds")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(tags(events), ["Listening", "Gap"])
      assert.strictEqual(server.sessions.size, 1)
    })
  )

  it.scoped("is idle in silence without a heartbeat", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      yield* reading(listener, "news")
      yield* TestClock.adjust("8 hours")
      assert.deepStrictEqual(server.statements, ['LISTEN "news"'])
    })
  )
})

describe("all that listen through one client", () => {
  it.scoped("share a session, which listens to what is still wanted and ends with the last", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      const first = yield* reading(listener, "a")
      const second = yield* reading(listener, "a")
      const third = yield* reading(listener, "b")
      server.send("a", "1")
      server.send("b", "2")
      yield* settled
      assert.deepStrictEqual(
        [first, second, third].map(({ events }) => payloads(events)),
        [["1"], ["1"], ["2"]]
      )
      yield* Fiber.interrupt(first.fiber)
      yield* Fiber.interrupt(third.fiber)
      yield* settled
      assert.deepStrictEqual(server.statements, ['LISTEN "a"', 'LISTEN "b"', 'UNLISTEN "b"'])
      assert.strictEqual(server.dials.length, 1)
      yield* Fiber.interrupt(second.fiber)
      yield* settled
      assert.strictEqual(server.sessions.size, 0)
    })
  )

  it.scoped("fail when the client's scope closes", () =>
    Effect.gen(function* () {
      const { fiber, listener, server } = yield* Effect.scoped(
        Effect.gen(function* () {
          const { listener, server } = yield* stage()
          const events = Effect.scoped(Stream.runDrain(listener.events("a")))
          const fiber = yield* Effect.forkDaemon(events)
          yield* settled
          return { fiber, listener, server }
        })
      )
      assert.include((yield* failureOf(fiber)).message, "shutting down")
      assert.strictEqual(server.sessions.size, 0)
      const late = yield* Effect.flip(Stream.runDrain(listener.events("a")))
      assert.include(late.message, "shutting down")
    })
  )

  it.scoped("fail alone where the server refuses their channel", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      const good = yield* reading(listener, "good")
      server.listenFailure = { code: "0A000" }
      const bad = yield* reading(listener, "bad")
      assert.strictEqual((yield* failureOf(bad.fiber)).sqlState, "0A000")
      server.send("good", "1")
      yield* settled
      assert.deepStrictEqual(payloads(good.events), ["1"])
      assert.strictEqual(server.dials.length, 1)
    })
  )

  it.scoped("fail on a standby, but wait for one that a failover has left", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      server.listenFailure = { code: "25006" }
      const early = yield* reading(listener, "news")
      assert.strictEqual((yield* failureOf(early.fiber)).reason._tag, "ReadOnlyError")
      server.listenFailure = undefined
      const { events } = yield* reading(listener, "news")
      server.listenFailure = { code: "25006" }
      server.endAll()
      yield* TestClock.adjust("5 seconds")
      server.listenFailure = undefined
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(tags(events), ["Listening", "Gap"])
    })
  )

  it.scoped("keep 16 MiB for a slow reader, and report what did not fit as a gap", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      const payload = "x".repeat(8_000)
      const after = "y".repeat(8_000)
      const slow = listener.events("news").pipe(
        // The first one holds the reader up for a minute.
        Stream.tap((event) =>
          event._tag === "Listening" ? Effect.sleep("1 minute") : Effect.void
        ),
        Stream.takeUntil((event) => event._tag === "Notification" && event.payload === after)
      )
      const fiber = yield* Effect.fork(Stream.runCollect(slow))
      yield* settled
      for (let sent = 0; sent < 3_000; sent++) server.send("news", payload)
      yield* TestClock.adjust("1 minute")
      server.send("news", after)
      const events = Chunk.toReadonlyArray(yield* Fiber.join(fiber))
      const kept = payloads(events).length - 1
      assert.strictEqual(kept, Math.floor((16 * 1024 * 1024) / 16_100))
      const gap = events.at(-2)
      assert.instanceOf(gap, Gap)
      assert.include(gap.reason, `dropped ${3_000 - kept}`)
    })
  )

  it.scoped("are told when the name is none, and nothing is sent", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      for (const name of ["", "nul\0", "ä".repeat(32)]) {
        const error = yield* Effect.flip(Stream.runDrain(listener.events(name)))
        assert.strictEqual(error.outcome, "NotSent")
      }
      assert.strictEqual(server.dials.length, 0)
    })
  )
})

describe("listening behind a proxy", () => {
  it.scoped("is proven by a notification of its own on each new session", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      server.isProxied = true
      const { events } = yield* reading(listener, "news")
      assert.match(server.statements[0] ?? "", /^LISTEN "holdfast_canary_\w+"$/)
      assert.match(server.statements[1] ?? "", /^UNLISTEN "holdfast_canary_\w+"; LISTEN "news"$/)
      server.endAll()
      yield* settled
      assert.deepStrictEqual(tags(events), ["Listening", "Gap"])
      assert.strictEqual(server.statements.length, 4)
    })
  )

  it.scoped("that delivers nothing fails, and names the direct endpoint", () =>
    Effect.gen(function* () {
      const host = "ep-cool-sun-123-pooler.eu-central-1.aws.neon.tech"
      const { listener, server } = yield* stage({ host })
      server.isProxied = true
      server.isDeaf = true
      const { fiber } = yield* reading(listener, "news")
      yield* TestClock.adjust("2 seconds")
      const error = yield* failureOf(fiber)
      assert.strictEqual(error.reason._tag, "ListenUnsupportedError")
      assert.include(error.message, "ep-cool-sun-123.eu-central-1.aws.neon.tech")
      assert.strictEqual(server.sessions.size, 0)
    })
  )

  it.scoped("is not called unsupported where the canary can't be sent, and is proven later", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      server.isProxied = true
      server.isPoolEmpty = true
      const { events, fiber } = yield* reading(listener, "news")
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(tags(events), ["Listening"])
      server.isDeaf = true
      server.isPoolEmpty = false
      yield* TestClock.adjust("5 seconds")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* failureOf(fiber)).reason._tag, "ListenUnsupportedError")
    })
  )

  it.scoped("is neither proven nor called unsupported by a canary that comes late", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      server.isProxied = true
      server.isHoldingBack = true
      const { events } = yield* reading(listener, "news")
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(tags(events), ["Listening"])
      server.isHoldingBack = false
      yield* TestClock.adjust("5 seconds")
      const proofs = server.statements.filter((text) => text.startsWith('LISTEN "holdfast_canary'))
      assert.strictEqual(proofs.length, 2)
      yield* TestClock.adjust("1 hour")
      assert.match(server.statements.at(-1) ?? "", /^UNLISTEN "holdfast_canary/)
      assert.strictEqual(server.statements.length, 5)
    })
  )

  it.scoped("is not called unsupported where the session itself has gone silent", () =>
    Effect.gen(function* () {
      const { listener, server } = yield* stage()
      server.isProxied = true
      server.isDeaf = true
      const { events } = yield* reading(listener, "news")
      server.swallowAll()
      server.isDeaf = false
      yield* TestClock.adjust("2 seconds")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(tags(events), ["Listening"])
    })
  )
})
