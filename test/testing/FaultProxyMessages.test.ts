import { describe, expect, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import type { WireMessage } from "../../src/testing/WireMessage.ts"
import { connected } from "./ProxiedPeers.ts"
import { dialTcp, type TcpPeer } from "./TcpPeer.ts"

const silent = () => {}

const lettered = (letter: string, body: string) => {
  const frame = Buffer.alloc(5 + Buffer.byteLength(body))
  frame.write(letter, "latin1")
  frame.writeInt32BE(frame.length - 1, 1)
  frame.write(body, 5)
  return frame
}

const opening = (code: number, body = "") => {
  const packet = Buffer.alloc(8 + body.length)
  packet.writeInt32BE(packet.length)
  packet.writeInt32BE(code, 4)
  packet.write(body, 8)
  return packet
}

const startup = opening(196_608, "user\0me\0\0")
const sslRequest = opening(80_877_103)
const insert = lettered("Q", "insert into users values ('commit')\0")
const commit = lettered("Q", "COMMIT\0")
const select = lettered("Q", "select 1\0")
const ready = lettered("Z", "I")
const inserted = Buffer.concat([lettered("C", "INSERT 0 1\0"), ready])
const committed = Buffer.concat([lettered("C", "COMMIT\0"), ready])

/** Sends bytes in segments of those sizes, over and over, each in a write of its own. */
const writeSegments = (peer: TcpPeer, bytes: Buffer, sizes: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    for (let at = 0, i = 0; at < bytes.length; i += 1) {
      const size = sizes[i % sizes.length] ?? 1
      yield* peer.write(bytes.subarray(at, at + size))
      yield* Effect.promise(() => new Promise<void>((resume) => setImmediate(resume)))
      at += size
    }
  })

const segmentSizes = FastCheck.array(FastCheck.integer({ min: 1, max: 40 }), {
  minLength: 1,
  maxLength: 6
})

describe("cutBefore and cutAfter", () => {
  it.scopedLive.prop(
    "cut in front of or behind a COMMIT on its way to the server, however TCP splits it",
    { sizes: segmentSizes, side: FastCheck.constantFrom("before", "after") },
    ({ sizes, side }) =>
      Effect.gen(function* () {
        const { proxy, client, backend } = yield* connected(silent)
        const cut = side === "before" ? proxy.cutBefore : proxy.cutAfter
        yield* cut("toServer", FaultProxy.isCommit)
        const earlier = Buffer.concat([
          startup,
          insert,
          lettered("P", "s1\0select 1\0\0\0"),
          insert
        ])
        yield* writeSegments(client, Buffer.concat([earlier, commit, select]), sizes)
        yield* backend.untilSaw("end")
        const expected = side === "before" ? earlier : Buffer.concat([earlier, commit])
        expect(backend.received.equals(expected)).toBe(true)
        yield* client.untilSaw("ECONNRESET")
      }),
    { fastCheck: { numRuns: 40 } }
  )

  it.scopedLive.prop(
    "cut in front of or behind the answer to a COMMIT, however TCP splits it",
    { sizes: segmentSizes, side: FastCheck.constantFrom("before", "after") },
    ({ sizes, side }) =>
      Effect.gen(function* () {
        const { proxy, client, backend } = yield* connected(silent)
        const cut = side === "before" ? proxy.cutBefore : proxy.cutAfter
        yield* cut("toClient", FaultProxy.isCommit)
        yield* writeSegments(backend, Buffer.concat([inserted, committed]), sizes)
        yield* client.untilSaw("close")
        const expected =
          side === "before" ? inserted : Buffer.concat([inserted, lettered("C", "COMMIT\0")])
        expect(client.received.equals(expected)).toBe(true)
        expect(client.ending).toBe("ECONNRESET")
      }),
    { fastCheck: { numRuns: 40 } }
  )

  it.scopedLive.prop(
    "show every message to the predicate once, and pass all bytes unchanged if none matches",
    { sizes: segmentSizes, refusals: FastCheck.nat(2) },
    ({ sizes, refusals }) =>
      Effect.gen(function* () {
        const { proxy, client, backend } = yield* connected(silent)
        const seen: Array<WireMessage> = []
        yield* proxy.cutBefore("toServer", (message) => seen.push(message) < 0)
        const refused = Array.from({ length: refusals }, () => sslRequest)
        for (const request of refused) {
          yield* writeSegments(client, request, sizes)
          yield* backend.until("request", () => backend.received.length % request.length === 0)
          yield* backend.write("N")
          yield* client.untilSaw("data")
        }
        const sent = Buffer.concat([startup, insert, lettered("S", ""), commit])
        yield* client.until("answers", () => client.received.length === refusals)
        yield* writeSegments(client, sent, sizes)
        yield* backend.untilReceived(refusals * sslRequest.length + sent.length)
        expect(backend.received.equals(Buffer.concat([...refused, sent]))).toBe(true)
        expect(seen.map(({ type, text }) => [type, text])).toEqual([
          ...refused.map(() => ["SSLRequest", ""]),
          ["StartupMessage", ""],
          ["Q", "insert into users values ('commit')"],
          ["S", ""],
          ["Q", "COMMIT"]
        ])
      }),
    { fastCheck: { numRuns: 30 } }
  )

  it.scopedLive("never see a message in a stream that went over to TLS", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(silent)
      yield* proxy.cutBefore("toServer", FaultProxy.isCommit)
      yield* client.write(sslRequest)
      yield* backend.untilReceived(8)
      yield* backend.write("S")
      yield* client.untilReceived(1)
      const opaque = Buffer.concat([startup, commit])
      yield* client.write(opaque)
      yield* backend.untilReceived(8 + opaque.length)
      expect((yield* proxy.stats).cuts).toBe(0)
    })
  )

  it.scopedLive("strike as often as they are ordered, also by one effect run again", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected(silent)
      const cut = proxy.cutBefore("toServer", FaultProxy.isCommit)
      const again = yield* dialTcp(proxy)
      for (const peer of [client, again]) {
        yield* cut
        yield* peer.write(Buffer.concat([startup, commit]))
        yield* peer.untilSaw("ECONNRESET")
      }
      expect((yield* proxy.stats).cuts).toBe(2)
    })
  )

  it.scopedLive("see a CancelRequest, which comes on a connection of its own", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(silent)
      yield* proxy.cutBefore("toServer", ({ type }) => type === "CancelRequest")
      yield* client.write(startup)
      const canceller = yield* dialTcp(proxy)
      yield* canceller.write(opening(80_877_102, "pid:key:"))
      yield* canceller.untilSaw("ECONNRESET")
      yield* backend.untilReceived(startup.length)
      expect(client.ending).toBeUndefined()
    })
  )

  it.scopedLive("strike in the middle of a conversation that began before them", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(silent)
      const earlier = Buffer.concat([startup, insert.subarray(0, 7)])
      yield* client.write(earlier)
      yield* backend.untilReceived(earlier.length)
      yield* proxy.cutBefore("toServer", FaultProxy.isCommit)
      yield* client.write(Buffer.concat([insert.subarray(7), select, commit]))
      yield* backend.untilSaw("end")
      expect(backend.received.equals(Buffer.concat([startup, insert, select]))).toBe(true)
    })
  )

  it.scopedLive("keep back nothing any more once they struck on another connection", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(silent)
      yield* proxy.cutBefore("toServer", FaultProxy.isCommit)
      yield* client.write(Buffer.concat([startup, insert.subarray(0, 9)]))
      yield* backend.untilReceived(startup.length)
      const other = yield* dialTcp(proxy)
      yield* other.write(Buffer.concat([startup, commit]))
      yield* other.untilSaw("ECONNRESET")
      yield* client.write(insert.subarray(9, 12))
      yield* backend.untilReceived(startup.length + 12)
      yield* client.write(Buffer.concat([insert.subarray(12), commit]))
      const all = Buffer.concat([startup, insert, commit])
      yield* backend.untilReceived(all.length)
      expect(backend.received.equals(all)).toBe(true)
    })
  )

  it.scopedLive("give out on heal what they kept back of an unfinished message", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected(silent)
      yield* proxy.cutBefore("toServer", FaultProxy.isCommit)
      yield* client.write(Buffer.concat([startup, commit.subarray(0, 9)]))
      yield* Effect.sleep("20 millis")
      expect(backend.received.equals(startup)).toBe(true)
      yield* proxy.heal
      yield* backend.untilReceived(startup.length + 9)
    })
  )
})
