import { describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Exit, FastCheck, Redacted, Scope } from "effect"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { connected, roundTrip, someBytes } from "./ProxiedPeers.ts"
import { dialTcp, echo, listenTcp } from "./TcpPeer.ts"

describe("a faithful proxy", () => {
  it.scopedLive.prop(
    "passes bytes and ends of stream unchanged both ways, however slow the reader",
    { kilobytes: FastCheck.integer({ min: 1024, max: 3072 }), pauseEvery: FastCheck.nat(20) },
    ({ kilobytes, pauseEvery }) =>
      Effect.gen(function* () {
        const { proxy, client } = yield* connected()
        let reads = 0
        client.socket.on("data", () => {
          reads += 1
          if (reads % (pauseEvery + 1) !== 0) return
          client.socket.pause()
          setTimeout(() => client.socket.resume(), 1)
        })
        const sent = someBytes(kilobytes * 1024)
        client.socket.end(sent)
        yield* client.untilSaw("end")
        expect(client.received.equals(sent)).toBe(true)
        const { bytesToServer, bytesToClient } = yield* proxy.stats
        expect({ bytesToServer, bytesToClient }).toEqual({
          bytesToServer: sent.length,
          bytesToClient: sent.length
        })
      }),
    { fastCheck: { numRuns: 8 } }
  )

  it.scopedLive("stops reading from a sender whose receiver does not read", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected((peer) => peer.socket.pause())
      const sent = someBytes(48 * 1024 * 1024)
      yield* client.write(sent)
      yield* Effect.sleep("300 millis")
      const { bytesToServer } = yield* proxy.stats
      expect(bytesToServer).toBeLessThan(sent.length / 2)
      expect(client.socket.writableLength).toBeGreaterThan(0)
      backend.socket.resume()
      yield* backend.untilReceived(sent.length)
      expect(backend.received.equals(sent)).toBe(true)
    })
  )

  it.scopedLive("delivers at once although the wall clock was a day ahead for a while", () => {
    let ahead = 0
    return Effect.gen(function* () {
      const real = yield* Effect.clock
      const wallClock = () => real.unsafeCurrentTimeMillis() + ahead
      const clock: Clock.Clock = {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: wallClock,
        unsafeCurrentTimeNanos: () => real.unsafeCurrentTimeNanos(),
        currentTimeMillis: Effect.sync(wallClock),
        currentTimeNanos: real.currentTimeNanos,
        sleep: (duration) => real.sleep(duration)
      }
      const talk = Effect.gen(function* () {
        const { client } = yield* connected()
        ahead = Duration.toMillis("1 day")
        yield* roundTrip(client, "tomorrow")
        ahead = 0
        yield* roundTrip(client, "today")
      })
      yield* Effect.withClock(talk, clock)
    })
  })

  it.scopedLive("keeps one direction open after the other has ended", () =>
    Effect.gen(function* () {
      const { client, backend } = yield* connected(() => {})
      client.socket.end("question")
      yield* backend.untilSaw("end")
      backend.socket.end("answer")
      yield* client.untilSaw("close")
      expect([backend.received.toString(), client.received.toString()]).toEqual([
        "question",
        "answer"
      ])
      expect(client.ending).toBe("end")
    })
  )

  it.scopedLive("passes on a reset in both directions", () =>
    Effect.gen(function* () {
      const { server, proxy, client, backend } = yield* connected()
      yield* roundTrip(client, "hello")
      client.socket.resetAndDestroy()
      yield* backend.untilSaw("ECONNRESET")
      const second = yield* dialTcp(proxy)
      yield* roundTrip(second, "hello")
      const itsBackend = yield* server.peer(1)
      itsBackend.socket.resetAndDestroy()
      yield* second.untilSaw("ECONNRESET")
    })
  )

  it.scopedLive("resets a client whose server can't be reached", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(listenTcp())
      const proxy = yield* FaultProxy.make({ upstream: Effect.succeed(gone) })
      const client = yield* dialTcp(proxy)
      yield* client.untilSaw("ECONNRESET")
    })
  )

  it.scopedLive("counts connections as they come and go", () =>
    Effect.gen(function* () {
      const { server, proxy, client } = yield* connected()
      yield* dialTcp(proxy)
      yield* server.peer(1)
      expect((yield* proxy.stats).open).toBe(2)
      client.socket.end()
      yield* client.untilSaw("close")
      expect(yield* proxy.stats).toEqual({
        accepted: 2,
        rejected: 0,
        open: 1,
        cuts: 0,
        bytesToServer: 0,
        bytesToClient: 0
      })
    })
  )

  it.scopedLive("puts its own address into a URL and keeps the rest", () =>
    Effect.gen(function* () {
      const proxy = yield* FaultProxy.make({ upstream: { host: "127.0.0.1", port: 1 } })
      const through = (url: string) => Redacted.value(proxy.url(Redacted.make(url)))
      expect(through("postgresql://u:p%40ss@db.example.com/app?sslmode=require&host=/tmp")).toBe(
        `postgresql://u:p%40ss@127.0.0.1:${proxy.port}/app?sslmode=require`
      )
      expect(() => through("not a url, but secret")).toThrow(/^(?!.*secret).*no URL/)
    })
  )
})

describe("faults that strike once", () => {
  it.scopedLive(
    "resetAll gives ECONNRESET to clients and server, and spares later connections",
    () =>
      Effect.gen(function* () {
        const { proxy, client, backend } = yield* connected()
        yield* roundTrip(client, "hello")
        expect(yield* proxy.resetAll).toBe(1)
        yield* client.untilSaw("ECONNRESET")
        yield* backend.untilSaw("ECONNRESET")
        expect(yield* proxy.resetAll).toBe(0)
        yield* roundTrip(yield* dialTcp(proxy), "hello again")
      })
  )

  it.scopedLive("closeAll ends a connection in good order, and answers a later byte with RST", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected()
      yield* roundTrip(client, "hello")
      expect(yield* proxy.closeAll).toBe(1)
      yield* client.untilSaw("end")
      expect(client.ending).toBe("end")
      yield* client.write("are you there?")
      yield* Effect.sleep("10 millis")
      yield* client.write("no: the reset shows at the next write")
      yield* client.untilSaw("close")
      expect(client.ending).toMatch(/ECONNRESET|EPIPE/)
    })
  )

  it.scopedLive("forgetAll is silent until the next byte, which is answered with RST", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected()
      yield* roundTrip(client, "hello")
      expect(yield* proxy.forgetAll).toBe(1)
      yield* backend.untilSaw("close")
      yield* Effect.sleep("50 millis")
      expect(client.ending).toBeUndefined()
      yield* client.write("!")
      yield* client.untilSaw("ECONNRESET")
    })
  )

  it.scopedLive("blackholeAll swallows both ways, ends included, until heal resets the rest", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(() => {})
      expect(yield* proxy.blackholeAll).toBe(1)
      yield* client.write("question")
      yield* backend.write("answer")
      backend.socket.end()
      yield* roundTripOn(proxy)
      yield* Effect.sleep("50 millis")
      expect([client.saw("data"), client.ending]).toEqual([false, undefined])
      expect([backend.saw("data"), backend.ending]).toEqual([false, undefined])
      yield* proxy.heal
      yield* client.untilSaw("ECONNRESET")
    })
  )

  const roundTripOn = (proxy: FaultProxy["Type"]) =>
    Effect.scoped(Effect.flatMap(dialTcp(proxy), (client) => client.untilSaw("connect")))
})

describe("closing the scope", () => {
  it.live("leaves no socket, listener or timer open, whatever state connections are in", () =>
    Effect.gen(function* () {
      // What earlier tests closed takes a moment to go.
      const open = Effect.delay(Effect.sync(process.getActiveResourcesInfo), "30 millis")
      const count = (names: ReadonlyArray<string>, kind: string) =>
        names.filter((name) => name.startsWith(kind)).length
      const before = yield* open
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { proxy, client } = yield* connected((peer) => peer.socket.pause())
          yield* proxy.latency("1 minute")
          yield* proxy.idleDrop("1 minute", "close")
          yield* client.write(someBytes(4 * 1024 * 1024))
          for (const strike of [proxy.forgetAll, proxy.closeAll, proxy.blackhole]) {
            yield* (yield* dialTcp(proxy)).untilSaw("connect")
            yield* Effect.sleep("5 millis")
            yield* strike
          }
          yield* (yield* dialTcp(proxy)).untilSaw("connect")
        })
      )
      const hasNoMore = (now: ReadonlyArray<string>) =>
        ["TCP", "Timeout"].every((kind) => count(now, kind) <= count(before, kind))
      // By a number, not by a time: its timer would be one more.
      const after = yield* Effect.repeat(open, { until: hasNoMore, times: 100 })
      expect(count(after, "TCP")).toBeLessThanOrEqual(count(before, "TCP"))
      expect(count(after, "Timeout")).toBeLessThanOrEqual(count(before, "Timeout"))
    })
  )

  it.scopedLive("frees the port and ends the clients", () =>
    Effect.gen(function* () {
      const server = yield* listenTcp(echo)
      const scope = yield* Scope.make()
      const proxy = yield* Scope.extend(FaultProxy.make({ upstream: server }), scope)
      const client = yield* dialTcp(proxy)
      yield* roundTrip(client, "hello")
      yield* Scope.close(scope, Exit.void)
      yield* client.until("ended", () => client.ending !== undefined)
      yield* (yield* dialTcp(proxy)).untilSaw("ECONNREFUSED")
    })
  )
})

it.scopedLive("the Layer gives the same proxy, before an address that is an Effect", () =>
  Effect.gen(function* () {
    const upstream = yield* listenTcp(echo)
    yield* Effect.gen(function* () {
      const proxy = yield* FaultProxy
      yield* roundTrip(yield* dialTcp(proxy), "hello")
      expect((yield* proxy.stats).bytesToServer).toBe(5)
    }).pipe(Effect.provide(FaultProxy.layer({ upstream: Effect.succeed(upstream) })))
  })
)
