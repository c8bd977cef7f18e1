import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, TestClock, Tracer } from "effect"
import { make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { settled } from "../support/Captured.ts"

/** A tracer that is not the one that nobody sees, and what its acquires say. */
const recording = () => {
  const spans: Array<Tracer.Span> = []
  const layer = Layer.unwrapEffect(
    Effect.map(Effect.tracer, (native) =>
      Layer.setTracer(
        Tracer.make({
          span: (...options) => {
            const span = native.span(...options)
            spans.push(span)
            return span
          },
          context: native.context
        })
      )
    )
  )
  const acquires = () => spans.filter(({ name }) => name === "Pool.acquire")
  const said = () =>
    acquires().map(({ attributes, status }) => [
      attributes.get("db.client.connection.waited_for"),
      attributes.get("db.client.connection.callers_before"),
      status._tag === "Ended" ? status.exit._tag : status._tag
    ])
  const breakers = () =>
    acquires().map(({ attributes }) => attributes.get("db.client.connection.breaker"))
  return { breakers, layer, said }
}

const one = { ...defaults, max: 1, min: 0, lazy: true }

describe("the span of an acquire", () => {
  it.scoped("says what the caller waited for, and behind how many", () => {
    const { layer, said } = recording()
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, one)
      const use = Effect.withSpan(
        pool.use(() => Effect.sleep("10 millis")),
        "work"
      )
      const inTime = (times: number) =>
        Effect.gen(function* () {
          const fibers = yield* Effect.forEach(Array.from({ length: times }), () =>
            Effect.fork(use)
          )
          yield* TestClock.adjust("1 second")
          yield* Effect.forEach(fibers, Fiber.join)
        })
      yield* inTime(3)
      yield* TestClock.adjust(Duration.minutes(1))
      yield* inTime(1)
      yield* Effect.repeatN(Effect.withSpan(pool.check, "a look"), 1)
      assert.deepStrictEqual(said().slice(0, 4), [
        ["dial", 0, "Success"],
        ["connection of another caller", 1, "Success"],
        ["connection of another caller", 2, "Success"],
        ["validation", 0, "Success"]
      ])
      assert.deepStrictEqual(said().at(-1), ["nothing", 0, "Success"])
    }).pipe(Effect.provide(layer))
  })

  it.scoped("ends with a failure when the caller is refused, or leaves", () => {
    const { layer, said } = recording()
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...one, acquireTimeout: Duration.seconds(5) })
      yield* Effect.forkScoped(pool.use(() => Effect.never))
      yield* settled
      const use = Effect.withSpan(
        pool.use(() => Effect.void),
        "work"
      )
      const leaving = yield* Effect.fork(use)
      const refused = yield* Effect.fork(Effect.exit(use))
      yield* settled
      yield* Fiber.interrupt(leaving)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(refused)
      assert.deepStrictEqual(said(), [
        [undefined, 0, "Failure"],
        [undefined, 1, "Failure"]
      ])
    }).pipe(Effect.provide(layer))
  })

  it.scoped("says in what state the breaker was, in the words of the pool's counters", () => {
    const { breakers, layer } = recording()
    const server = new SimulatedServer()
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, { ...one, acquireTimeout: Duration.seconds(5) })
      const caller = Effect.fork(Effect.withSpan(Effect.exit(pool.check), "work"))
      const words: Array<string> = []
      const look = Effect.gen(function* () {
        words.push((yield* pool.stats).breaker)
        yield* caller
        yield* settled
      })
      server.goAway()
      yield* look
      yield* look
      server.connectTime = Duration.seconds(1)
      server.comeBack()
      yield* TestClock.adjust("500 millis")
      yield* look
      assert.deepStrictEqual(words, ["closed", "open", "half-open"])
      assert.deepStrictEqual(breakers(), words)
    }).pipe(Effect.provide(layer))
  })

  it.scoped("is not begun where nobody would see it", () => {
    const { layer, said } = recording()
    const server = new SimulatedServer()
    const outside = Tracer.externalSpan({ traceId: "1", spanId: "2", sampled: false })
    return Effect.gen(function* () {
      const pool = yield* make(server.connector, one)
      const use = pool.use(() => Effect.void)
      yield* use
      yield* Effect.withSpan(use, "untraced").pipe(Effect.withTracerEnabled(false))
      yield* Effect.withSpan(Effect.withTracerEnabled(use, false), "traced, but for this")
      yield* Effect.withParentSpan(use, outside)
      assert.deepStrictEqual(said(), [])
      yield* Effect.withSpan(use, "traced")
      assert.strictEqual(said().length, 1)
    }).pipe(Effect.provide(layer))
  })
})
