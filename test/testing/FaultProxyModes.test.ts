import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Exit, Scope, TestClock, TestServices } from "effect"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { connected, roundTrip, someBytes } from "./ProxiedPeers.ts"
import { dialTcp, listenTcp } from "./TcpPeer.ts"

describe("faults that last", () => {
  it.scopedLive(
    "refuse gives ECONNREFUSED and spares open connections; heal has the same port",
    () =>
      Effect.gen(function* () {
        const { proxy, client } = yield* connected()
        for (const round of ["first", "second"]) {
          yield* proxy.refuse
          yield* (yield* dialTcp(proxy)).untilSaw("ECONNREFUSED")
          yield* roundTrip(client, `still here, ${round}`)
          yield* proxy.heal
          yield* roundTrip(yield* dialTcp(proxy), "hello")
        }
      })
  )

  it.scopedLive("heal waits for a port that somebody else holds for a moment", () =>
    Effect.gen(function* () {
      const { proxy } = yield* connected()
      yield* proxy.refuse
      const thief = yield* Scope.make()
      yield* FaultProxy.make({ upstream: proxy, port: proxy.port }).pipe(Scope.extend(thief))
      yield* Effect.fork(Effect.delay(Scope.close(thief, Exit.void), "120 millis"))
      yield* proxy.heal
      yield* roundTrip(yield* dialTcp(proxy), "hello")
    })
  )

  it.scopedLive("a port that is taken is a typed failure that names it", () =>
    Effect.gen(function* () {
      const server = yield* listenTcp()
      const failure = yield* Effect.flip(FaultProxy.make({ upstream: server, port: server.port }))
      expect(failure._tag).toBe("FaultProxyError")
      expect(failure.message).toContain(`127.0.0.1:${server.port}`)
    })
  )

  it.scopedLive("blackhole accepts new connections and delivers nothing until healed", () =>
    Effect.gen(function* () {
      const { server, proxy, client } = yield* connected()
      yield* roundTrip(client, "hello")
      yield* proxy.blackhole
      const late = yield* dialTcp(proxy)
      yield* late.untilSaw("connect")
      const before = yield* proxy.stats
      yield* Effect.all([client.write("lost"), late.write("lost")])
      yield* Effect.sleep("100 millis")
      expect(yield* proxy.stats).toEqual(before)
      expect([client.ending, late.saw("data"), late.ending]).toEqual([undefined, false, undefined])
      expect(server.peers.length).toBe(1)
      yield* proxy.heal
      yield* roundTrip(yield* dialTcp(proxy), "hello again")
    })
  )

  it.scopedLive(
    "latency delays every byte once, not once per chunk, and heal delivers at once",
    () =>
      Effect.gen(function* () {
        const { proxy, client } = yield* connected()
        yield* proxy.latency("100 millis")
        const start = yield* Clock.currentTimeMillis
        for (const text of "abcdefgh") {
          yield* client.write(text)
          yield* Effect.sleep("5 millis")
        }
        yield* client.untilReceived(8)
        const took = (yield* Clock.currentTimeMillis) - start
        expect(took).toBeGreaterThanOrEqual(225)
        // Delayed chunk by chunk, the last of the eight would be back after 900 ms.
        expect(took).toBeLessThan(800)
        yield* proxy.latency("1 minute")
        yield* client.write("i")
        yield* Effect.sleep("20 millis")
        yield* proxy.heal
        yield* client.untilReceived(9)
        expect(client.received.toString()).toBe("abcdefghi")
      })
  )

  it.scoped("delays follow the Effect clock", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(() => {})
      yield* proxy.latency("1 hour")
      yield* client.write("patience")
      const aMoment = TestServices.provideLive(Effect.sleep("30 millis"))
      yield* aMoment
      yield* TestClock.adjust("59 minutes")
      yield* aMoment
      expect(backend.saw("data")).toBe(false)
      yield* TestClock.adjust("1 minute")
      yield* backend.untilReceived(8)
    })
  )

  it.scopedLive("bandwidth bounds the bytes per second", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(() => {})
      yield* proxy.bandwidth(100_000)
      const start = yield* Clock.currentTimeMillis
      yield* client.write(someBytes(30_000))
      yield* backend.untilReceived(5_000)
      const elapsed = (yield* Clock.currentTimeMillis) - start
      expect(backend.received.length).toBeLessThanOrEqual(100 * (elapsed + 1))
      yield* backend.untilReceived(30_000)
      expect((yield* Clock.currentTimeMillis) - start).toBeGreaterThanOrEqual(295)
      expect(backend.received.equals(someBytes(30_000))).toBe(true)
    })
  )

  it.scopedLive("coldStart holds back the first bytes of new connections only", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected()
      yield* proxy.coldStart("400 millis")
      yield* roundTrip(client, "warm").pipe(Effect.timeout("300 millis"))
      const start = yield* Clock.currentTimeMillis
      const cold = yield* dialTcp(proxy)
      yield* roundTrip(cold, "first")
      expect((yield* Clock.currentTimeMillis) - start).toBeGreaterThanOrEqual(395)
      yield* roundTrip(cold, "second").pipe(Effect.timeout("300 millis"))
    })
  )

  it.scoped("suspend is over for all connections once the first of them has waited", () =>
    Effect.gen(function* () {
      const { server, proxy, client } = yield* connected()
      const aMoment = TestServices.provideLive(Effect.sleep("30 millis"))
      yield* proxy.suspend("1 hour", "close")
      yield* client.untilSaw("end")
      yield* TestClock.adjust("1 day")
      const first = yield* dialTcp(proxy)
      yield* first.write("wake up")
      yield* server.peer(1)
      yield* TestClock.adjust("59 minutes")
      const second = yield* dialTcp(proxy)
      yield* second.write("and me")
      yield* server.peer(2)
      yield* aMoment
      expect([first.saw("data"), second.saw("data")]).toEqual([false, false])
      yield* TestClock.adjust("1 minute")
      yield* Effect.all([first.untilReceived(7), second.untilReceived(6)])
      yield* roundTrip(yield* dialTcp(proxy), "awake")
    })
  )

  it.scoped.each([
    { how: "close", ending: "end" },
    { how: "reset", ending: "ECONNRESET" },
    { how: "forget", ending: undefined }
  ] as const)(
    "idleDrop by $how drops a connection only once it was idle for that long",
    (expected) =>
      Effect.gen(function* () {
        const { proxy, client, backend } = yield* connected()
        const aMoment = TestServices.provideLive(Effect.sleep("30 millis"))
        yield* proxy.idleDrop("200 millis", expected.how)
        for (let i = 0; i < 6; i += 1) {
          yield* roundTrip(client, "busy")
          yield* TestClock.adjust("199 millis")
        }
        yield* aMoment
        expect(backend.saw("close")).toBe(false)
        yield* TestClock.adjust("1 millis")
        yield* backend.untilSaw("close")
        yield* expected.ending === undefined ? aMoment : client.untilSaw(expected.ending)
        expect(client.ending).toBe(expected.ending)
        expect(client.received.toString()).toBe("busy".repeat(6))
      })
  )
})
