import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { connected } from "./ProxiedPeers.ts"
import { dialTcp, listenTcp, type TcpPeer } from "./TcpPeer.ts"

const proxied = (serve: (peer: TcpPeer) => void = () => {}) =>
  Effect.gen(function* () {
    const server = yield* listenTcp(serve)
    const proxy = yield* FaultProxy.make({ upstream: server })
    return { server, proxy }
  })

describe("cutAt", () => {
  it.scopedLive.prop(
    "delivers exactly N bytes to the server, then its end of stream, and resets the client",
    { total: FastCheck.integer({ min: 1, max: 300_000 }), share: FastCheck.integer({ max: 100 }) },
    ({ total, share }) =>
      Effect.gen(function* () {
        const { server, proxy } = yield* proxied()
        const bytes = Math.floor((total * Math.abs(share % 101)) / 100)
        yield* proxy.cutAt("toServer", bytes)
        const client = yield* dialTcp(proxy)
        const sent = Buffer.alloc(total, "0123456789abc")
        yield* client.write(sent)
        const backend = yield* server.peer(0)
        yield* backend.untilSaw("end")
        expect(backend.received.equals(sent.subarray(0, bytes))).toBe(true)
        yield* client.until("cut", () => client.ending !== undefined)
        expect(client.ending).toBe("ECONNRESET")
        expect(yield* proxy.stats).toMatchObject({ cuts: 1, open: 0, bytesToServer: bytes })
      }),
    { fastCheck: { numRuns: 40 } }
  )

  it.scopedLive.prop(
    "delivers exactly N bytes to the client, then a reset",
    { total: FastCheck.integer({ min: 1, max: 60_000 }), share: FastCheck.nat(100) },
    ({ total, share }) =>
      Effect.gen(function* () {
        const sent = Buffer.alloc(total, "0123456789abc")
        const { server, proxy } = yield* proxied(({ socket }) => socket.write(sent))
        const bytes = Math.floor((total * share) / 100)
        yield* proxy.cutAt("toClient", bytes)
        const client = yield* dialTcp(proxy)
        yield* client.untilSaw("close")
        expect(client.received.equals(sent.subarray(0, bytes))).toBe(true)
        expect(client.ending).toBe("ECONNRESET")
        const backend = yield* server.peer(0)
        yield* backend.until("cut", () => backend.ending !== undefined)
      }),
    { fastCheck: { numRuns: 40 } }
  )

  it.scopedLive.prop(
    "ends the client in good order behind exactly N bytes, if told to close",
    { total: FastCheck.integer({ min: 1, max: 60_000 }), share: FastCheck.nat(100) },
    ({ total, share }) =>
      Effect.gen(function* () {
        const sent = Buffer.alloc(total, "0123456789abc")
        const { server, proxy } = yield* proxied(({ socket }) => socket.write(sent))
        const bytes = Math.floor((total * share) / 100)
        yield* proxy.cutAt("toClient", bytes, "next", "close")
        const client = yield* dialTcp(proxy)
        yield* client.untilSaw("end")
        expect(client.received.equals(sent.subarray(0, bytes))).toBe(true)
        const backend = yield* server.peer(0)
        yield* backend.until("cut", () => backend.ending !== undefined)
      }),
    { fastCheck: { numRuns: 20 } }
  )

  it.scopedLive("closes the client behind what the server has got, whatever it still says", () =>
    Effect.gen(function* () {
      const { server, proxy } = yield* proxied()
      yield* proxy.cutAt("toServer", 4, "next", "close")
      const client = yield* dialTcp(proxy)
      yield* client.write("0123456789")
      yield* client.write("more")
      yield* client.untilSaw("end")
      const backend = yield* server.peer(0)
      yield* backend.untilSaw("end")
      expect(backend.received.toString()).toBe("0123")
    })
  )

  it.scopedLive("tells nobody of a cut into a black hole, until healed", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected()
      yield* proxy.cutAt("toServer", 4, "open", "blackhole")
      yield* client.write("0123456789")
      yield* backend.until("got what passed", () => backend.received.length === 4)
      yield* Effect.sleep("50 millis")
      expect([client.ending, backend.ending]).toEqual([undefined, undefined])
      yield* proxy.heal
      yield* client.untilSaw("ECONNRESET")
    })
  )

  it.scopedLive("falls on the next connection only, and only once", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected()
      yield* proxy.cutAt("toServer", 3)
      yield* client.write("0123456789")
      yield* client.untilReceived(10)
      const [next, afterNext] = [yield* dialTcp(proxy), yield* dialTcp(proxy)]
      yield* next.untilSaw("connect")
      yield* afterNext.untilSaw("connect")
      yield* afterNext.write("0123456789")
      yield* afterNext.untilReceived(10)
      yield* next.write("0123456789")
      yield* next.untilSaw("ECONNRESET")
      expect((yield* proxy.stats).bytesToServer).toBe(23)
    })
  )

  it.scopedLive("counts the bytes of open connections from now, and spares new ones", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected()
      yield* client.write("before")
      yield* client.untilReceived(6)
      yield* proxy.cutAt("toServer", 4, "open")
      const other = yield* dialTcp(proxy)
      yield* other.write("0123456789")
      yield* other.untilReceived(10)
      yield* client.write("012")
      yield* client.untilReceived(9)
      yield* client.write("345")
      yield* backend.untilSaw("end")
      expect(backend.received.toString()).toBe("before0123")
      yield* client.untilSaw("ECONNRESET")
    })
  )

  it.scopedLive("is called off by heal", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected()
      yield* proxy.cutAt("toServer", 2, "open")
      yield* proxy.cutAt("toServer", 2, "next")
      yield* proxy.cutBefore("toServer", () => true)
      yield* proxy.heal
      const next = yield* dialTcp(proxy)
      for (const peer of [client, next]) {
        yield* peer.write("0123456789")
        yield* peer.untilReceived(10)
      }
      expect((yield* proxy.stats).cuts).toBe(0)
    })
  )
})
