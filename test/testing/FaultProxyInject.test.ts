import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, FastCheck as fc, Redacted, Scope } from "effect"
import { conditionsUnder, faithful } from "../../src/testing/Conditions.ts"
import type { LastingFault, ProxyFault } from "../../src/testing/Fault.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { connected, roundTrip } from "./ProxiedPeers.ts"
import { dialTcp, echo, listenTcp } from "./TcpPeer.ts"

const millis = fc.nat({ max: 500 })

const lasting: fc.Arbitrary<LastingFault> = fc.oneof(
  fc.record({ _tag: fc.constant("Latency" as const), each: millis }),
  fc.record({ _tag: fc.constant("Bandwidth" as const), bytesPerSecond: fc.nat({ max: 9_999 }) }),
  fc.record({ _tag: fc.constant("ConnectionLimit" as const), max: fc.nat({ max: 9 }) }),
  fc.record({ _tag: fc.constant("ColdStart" as const), delay: millis }),
  fc.record({
    _tag: fc.constant("Mute" as const),
    direction: fc.constantFrom("toServer" as const, "toClient" as const)
  }),
  fc.constantFrom<LastingFault>({ _tag: "Stall" }, { _tag: "Blackhole" }, { _tag: "Refuse" })
)

const every: ReadonlyArray<ProxyFault> = [
  { _tag: "Latency", each: "1 minute" },
  { _tag: "Bandwidth", bytesPerSecond: 1 },
  { _tag: "Stall" },
  { _tag: "Blackhole" },
  { _tag: "Mute", direction: "toServer" },
  { _tag: "Mute", direction: "toClient" },
  { _tag: "Refuse" },
  { _tag: "ConnectionLimit", max: 0 },
  { _tag: "ColdStart", delay: "1 minute" },
  { _tag: "Suspend", wake: "1 minute" },
  { _tag: "IdleDrop", after: "1 millis", how: "reset" },
  { _tag: "Drop", how: "blackhole" },
  { _tag: "CutAt", direction: "toServer", bytes: 3 },
  { _tag: "CutCommit", when: "before" }
]

const held = (proxy: FaultProxy["Type"], fault: ProxyFault) =>
  Effect.flatMap(Scope.make(), (scope) =>
    Effect.as(Scope.extend(proxy.inject(fault), scope), Scope.close(scope, Exit.void))
  )

describe("faults that last as long as a scope", () => {
  it.scopedLive.each(every.map((fault) => ({ fault, name: JSON.stringify(fault) })))(
    "leave a faithful proxy: $name",
    ({ fault }) =>
      Effect.gen(function* () {
        const { proxy } = yield* connected()
        yield* Effect.scoped(Effect.andThen(proxy.inject(fault), Effect.ignore(dialTcp(proxy))))
        const client = yield* dialTcp(proxy)
        yield* roundTrip(client, "hello").pipe(Effect.timeout("2 seconds"))
        yield* Effect.sleep("5 millis")
        yield* roundTrip(client, "hello").pipe(Effect.timeout("2 seconds"))
      })
  )

  it.prop(
    "amount to the same in whatever order they came, and to nothing if there is none",
    { faults: fc.array(lasting), seed: fc.infiniteStream(fc.nat()) },
    ({ faults, seed }) => {
      const order = new Map(faults.map((fault) => [fault, seed.next().value]))
      const shuffled = faults.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
      assert.deepStrictEqual(conditionsUnder(shuffled), conditionsUnder(faults))
      assert.deepStrictEqual(conditionsUnder([]), faithful)
    }
  )

  it.scopedLive("end alone: what another scope or a hand has begun goes on", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected()
      const endFirst = yield* held(proxy, { _tag: "Latency", each: "1 minute" })
      yield* proxy.inject({ _tag: "Latency", each: "40 millis" })
      yield* proxy.latency("20 millis")
      const start = yield* Clock.currentTimeMillis
      yield* client.write("patience")
      yield* Effect.sleep("10 millis")
      yield* endFirst
      yield* client.untilReceived(8)
      assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 118)
    })
  )

  it.scopedLive("refuse until the last of them ends", () =>
    Effect.gen(function* () {
      const { proxy } = yield* connected()
      const endFirst = yield* held(proxy, { _tag: "Refuse" })
      const endSecond = yield* held(proxy, { _tag: "Refuse" })
      yield* endFirst
      yield* (yield* dialTcp(proxy)).untilSaw("ECONNREFUSED")
      yield* endSecond
      yield* roundTrip(yield* dialTcp(proxy), "hello")
    })
  )

  it.scopedLive("let go of what they held back, but not of what another still holds", () =>
    Effect.gen(function* () {
      const { proxy, client, backend } = yield* connected()
      const endStall = yield* held(proxy, { _tag: "Stall" })
      const endLatency = yield* held(proxy, { _tag: "Latency", each: "1 minute" })
      yield* client.write("patience")
      yield* endLatency
      yield* Effect.sleep("30 millis")
      assert.isFalse(backend.saw("data"))
      yield* endStall
      yield* client.untilReceived(8)
    })
  )

  it.scopedLive("reset what they have swallowed, and spare a connection that lost nothing", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected()
      const quiet = yield* dialTcp(proxy)
      yield* roundTrip(quiet, "hello")
      const end = yield* held(proxy, { _tag: "Mute", direction: "toClient" })
      yield* client.write("lost")
      yield* Effect.sleep("30 millis")
      yield* end
      yield* client.untilSaw("ECONNRESET")
      yield* roundTrip(quiet, "hello again")
    })
  )

  it.scopedLive("call off a cut that has not struck", () =>
    Effect.gen(function* () {
      const { proxy, client } = yield* connected()
      yield* Effect.scoped(
        proxy.inject({ _tag: "CutAt", direction: "toServer", bytes: 3, of: "open" })
      )
      yield* roundTrip(client, "more than three")
      assert.strictEqual((yield* proxy.stats).cuts, 0)
    })
  )

  it.scopedLive("are ended by heal, and then can't end what was begun after it", () =>
    Effect.gen(function* () {
      const { proxy } = yield* connected()
      const end = yield* held(proxy, { _tag: "Refuse" })
      yield* proxy.heal
      yield* roundTrip(yield* dialTcp(proxy), "hello")
      yield* proxy.refuse
      yield* end
      yield* (yield* dialTcp(proxy)).untilSaw("ECONNREFUSED")
    })
  )
})

describe("what a proxy stands before", () => {
  it.scopedLive("may be told by a URL, of which the parameters win as in the driver", () =>
    Effect.gen(function* () {
      const { host, port } = yield* listenTcp(echo)
      for (const url of [
        `postgres://me:secret@${host}:${port}/app`,
        `postgres://me:secret@elsewhere:1/app?host=${host}&port=${port}`
      ]) {
        const proxy = yield* FaultProxy.make({ upstream: Redacted.make(url) })
        yield* roundTrip(yield* dialTcp(proxy), "hello")
      }
    })
  )

  it.live.each(["secret", "postgres://me:secret@/app?host=/tmp", "postgres:///secret"])(
    "is not repeated where it is no address: %s",
    (url) =>
      Effect.gen(function* () {
        const made = Effect.scoped(FaultProxy.make({ upstream: Redacted.make(url) }))
        const defect = yield* Effect.flip(Effect.sandbox(made))
        assert.include(String(defect), "FaultProxy")
        assert.notInclude(String(defect), "secret")
      })
  )
})
