import { assert, describe, expect, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, FastCheck as fc, Option, TestClock } from "effect"
import { expectTypeOf } from "vitest"
import { make } from "../../src/pool/Pool.ts"
import type { Fault, ProxyFault, ServerFault } from "../../src/testing/Fault.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import {
  clientConfigs,
  FaultSchedule,
  poolConfigs,
  proxyFaultKinds,
  SimulatedServer,
  serverFaultKinds,
  simulatedFaultKinds
} from "../../src/testing/index.ts"
import { dialTcp, echo, listenTcp } from "./TcpPeer.ts"

// For the compiler: no kind is forgotten.
expectTypeOf<(typeof proxyFaultKinds)[number]>().toEqualTypeOf<ProxyFault["_tag"]>()
expectTypeOf<(typeof serverFaultKinds)[number]>().toEqualTypeOf<ServerFault["_tag"]>()

const anyKind = [...proxyFaultKinds, ...serverFaultKinds] as const

const sample = FaultSchedule.make([
  { at: "1 seconds", lasts: "2 seconds", fault: { _tag: "Latency", each: Duration.millis(20) } },
  { at: "500 millis", fault: { _tag: "Drop", how: "reset" } },
  { at: "2 seconds", lasts: "500 millis", fault: { _tag: "Refuse" } }
])

/** Writes down when faults begin and end. */
const diary = () => {
  const entries: Array<string> = []
  const note = (what: string, { _tag }: Fault) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      entries.push(`${now} ${_tag} ${what}`)
    })
  const inject = (fault: Fault) =>
    Effect.asVoid(Effect.acquireRelease(note("begins", fault), () => note("ends", fault)))
  return { entries, inject }
}

describe("a schedule of faults", () => {
  it.effect("begins and ends each fault when it is due, by the clock there is", () =>
    Effect.gen(function* () {
      const { entries, inject } = diary()
      const running = yield* Effect.fork(FaultSchedule.run(sample, inject))
      yield* TestClock.adjust("2999 millis")
      assert.isTrue(Option.isNone(yield* running.poll))
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(running)
      assert.deepStrictEqual(entries, [
        "500 Drop begins",
        "500 Drop ends",
        "1000 Latency begins",
        "2000 Refuse begins",
        "2500 Refuse ends",
        "3000 Latency ends"
      ])
      assert.strictEqual(Duration.toMillis(sample.duration), 3_000)
    })
  )

  it.effect("ends what is in force when it is interrupted, and begins nothing more", () =>
    Effect.gen(function* () {
      const { entries, inject } = diary()
      const running = yield* Effect.fork(FaultSchedule.run(sample, inject))
      yield* TestClock.adjust("1500 millis")
      yield* Fiber.interrupt(running)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(entries.slice(2), ["1000 Latency begins", "1500 Latency ends"])
    })
  )

  it("prints as the expression that makes it", () => {
    assert.strictEqual(
      String(sample),
      `FaultSchedule.make([
  { at: "1 seconds", lasts: "2 seconds", fault: { _tag: "Latency", each: "20 millis" } },
  { at: "500 millis", fault: { _tag: "Drop", how: "reset" } },
  { at: "2 seconds", lasts: "500 millis", fault: { _tag: "Refuse" } }
])`
    )
    assert.strictEqual(String(FaultSchedule.make([])), "FaultSchedule.make([])")
  })

  it.prop(
    "at random is bounded and in order of time, and its text makes it again",
    [
      FaultSchedule.arbitrary({
        kinds: anyKind,
        maxFaults: 6,
        within: "2 seconds",
        longest: "70 millis"
      })
    ],
    ([schedule]) => {
      const times = schedule.faults.map(({ at }) => Duration.toMillis(at))
      assert.deepStrictEqual(
        times,
        times.toSorted((a, b) => a - b)
      )
      assert.isAtMost(times.length, 6)
      assert.isAtMost(times.at(-1) ?? 0, 2_000)
      for (const { lasts = 0 } of schedule.faults) {
        assert.isAtMost(Duration.toMillis(lasts), 70)
      }
      const again = new Function("FaultSchedule", `return ${schedule}`)(FaultSchedule)
      expect(again).toEqual(schedule)
    }
  )

  it("shrinks to the one fault that matters, as early and as short as can be", () => {
    const isBad = ({ faults }: FaultSchedule) =>
      faults.some(
        ({ fault, lasts = 0 }) => fault._tag === "Freeze" && Duration.toMillis(lasts) > 100
      )
    const schedules = FaultSchedule.arbitrary({ kinds: anyKind })
    const found = fc.check(
      fc.property(schedules, (schedule) => !isBad(schedule)),
      { seed: 7, numRuns: 1_000 }
    )
    const [schedule] = found.counterexample ?? []
    assert.strictEqual(
      String(schedule),
      `FaultSchedule.make([
  { at: "0 millis", lasts: "101 millis", fault: { _tag: "Freeze" } }
])`
    )
    assert.include(fc.defaultReportMessage(found) ?? "", `Counterexample: [${schedule}]`)
  })

  it.scopedLive.prop(
    "leaves a proxy faithful, whatever it held",
    [
      FaultSchedule.arbitrary({ kinds: proxyFaultKinds, within: "20 millis", longest: "20 millis" })
    ],
    ([schedule]) =>
      Effect.gen(function* () {
        const proxy = yield* FaultProxy.make({ upstream: yield* listenTcp(echo) })
        const visit = Effect.scoped(
          Effect.flatMap(dialTcp(proxy), (client) => client.write("hello there"))
        )
        yield* Effect.all(
          [FaultSchedule.run(schedule, proxy.inject), Effect.repeatN(Effect.delay(visit, 5), 5)],
          { concurrency: "unbounded" }
        )
        const client = yield* dialTcp(proxy)
        yield* client.write("hello")
        yield* client.untilReceived(5)
      }),
    { fastCheck: { numRuns: 20 } }
  )
})

describe("a pool, whatever its configuration and whatever goes wrong", () => {
  it.scoped.prop(
    "answers every caller by the deadline, and serves all once nothing is wrong any more",
    {
      config: poolConfigs,
      schedule: FaultSchedule.arbitrary({ kinds: simulatedFaultKinds })
    },
    ({ config, schedule }) =>
      Effect.gen(function* () {
        const server = new SimulatedServer()
        server.connectTime = Duration.millis(20)
        server.trip = Duration.millis(2)
        const pool = yield* make(server.connector, { ...config, lazy: true })
        const request = pool.use((connection) => connection.request)
        const callers = yield* Effect.forEach(Array.from({ length: 8 }).keys(), (i) =>
          Effect.fork(Effect.delay(Effect.exit(request), 50 * i))
        )
        yield* Effect.fork(FaultSchedule.run(schedule, server.inject))
        yield* TestClock.adjust("800 millis")
        yield* TestClock.adjust(config.acquireTimeout)
        for (const caller of callers) assert.isTrue(Option.isSome(yield* caller.poll))
        assert.isAtMost(server.peak, config.max)
        const last = yield* Effect.fork(request)
        yield* TestClock.adjust("2 seconds")
        yield* Fiber.join(last)
      }),
    { fastCheck: { numRuns: 8 } }
  )

  it.prop(
    "can be given the configuration that a client is given at random",
    [clientConfigs],
    ([config]) => {
      assert.isAtLeast(config.maxConnections ?? 0, 1)
      assert.isAtMost(config.minConnections ?? 0, config.maxConnections ?? 0)
    }
  )
})
