import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Random, Tracer } from "effect"
import { recorder } from "../../src/telemetry/TraceRecorder.ts"

/** A tracer of which a part is recorded, and what was. */
const recording = (ratio: number) => {
  const spans: Array<Tracer.Span> = []
  const layer = Layer.unwrapEffect(
    Effect.zipWith(Effect.tracer, Effect.random, (native, random) => {
      const kept = Tracer.make({
        span: (...options) => {
          const span = native.span(...options)
          spans.push(span)
          return span
        },
        context: native.context
      })
      return Layer.setTracer(recorder(kept, ratio, random))
    })
  )
  return { names: () => spans.map(({ name }) => name), layer }
}

const nested = Effect.withSpan(Effect.withSpan(Effect.currentSpan, "inner"), "outer")

const elsewhere = (sampled: boolean) =>
  Tracer.externalSpan({
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    sampled
  })

describe("of the traces", () => {
  it.effect("all are recorded as a whole, or none", () =>
    Effect.gen(function* () {
      const all = recording(1)
      const none = recording(0)
      const seen = yield* Effect.provide(nested, all.layer)
      const unseen = yield* Effect.provide(nested, none.layer)
      assert.deepStrictEqual(all.names(), ["outer", "inner"])
      assert.deepStrictEqual(none.names(), [])
      assert.deepStrictEqual([seen.sampled, unseen.sampled], [true, false])
    })
  )

  it.effect("a part is recorded, and never half of one", () =>
    Effect.gen(function* () {
      const { layer, names } = recording(0.5)
      yield* Effect.provide(Effect.repeatN(nested, 399), layer)
      const outer = names().filter((name) => name === "outer").length
      assert.strictEqual(names().length, 2 * outer)
      assert.isTrue(outer > 100 && outer < 300)
    })
  )

  it.effect("a part is drawn by Effect's Random, so that a test can say which", () =>
    Effect.gen(function* () {
      const { layer, names } = recording(0.5)
      yield* Effect.forEach(["first", "second", "third"], (name) =>
        Effect.withSpan(Effect.void, name)
      ).pipe(Effect.provide(layer), Effect.withRandom(Random.fixed([0.4, 0.6, 0.1])))
      assert.deepStrictEqual(names(), ["first", "third"])
    })
  )

  it.effect("one that began elsewhere is recorded as was decided there", () =>
    Effect.gen(function* () {
      for (const [ratio, sampled] of [
        [0, true],
        [1, false]
      ] as const) {
        const { layer, names } = recording(ratio)
        const span = yield* Effect.withParentSpan(nested, elsewhere(sampled)).pipe(
          Effect.provide(layer)
        )
        assert.strictEqual(names().length, sampled ? 2 : 0)
        assert.strictEqual(span.traceId, elsewhere(sampled).traceId)
        assert.match(span.spanId, /^[0-9a-f]{16}$/)
      }
    })
  )

  it.effect("none is of a probe", () =>
    Effect.gen(function* () {
      const { layer, names } = recording(1)
      const probes = ["GET /health", "GET /health/database", "GET /metrics", "GET /healthy"]
      yield* Effect.provide(
        Effect.forEach(probes, (name) => Effect.withSpan(Effect.void, name)),
        layer
      )
      assert.deepStrictEqual(names(), ["GET /healthy"])
    })
  )

  it.effect("a failure is told by its kind, and an answer of 500 is one", () =>
    Effect.gen(function* () {
      const ends: Array<string> = []
      const layer = Layer.unwrapEffect(
        Effect.zipWith(Effect.tracer, Effect.random, (native, random) => {
          const span: Tracer.Tracer["span"] = (...options) => {
            const made = native.span(...options)
            const { end } = made
            made.end = (time, exit) => {
              ends.push(exit._tag === "Success" ? "ok" : String(exit.cause))
              end.call(made, time, exit)
            }
            return made
          }
          return Layer.setTracer(
            recorder(Tracer.make({ span, context: native.context }), 1, random)
          )
        })
      )
      const failing = Effect.withSpan(Effect.fail(new Error("c4n4ry")), "failing")
      const dying = Effect.withSpan(Effect.die("c4n4ry"), "dying")
      const answered = Effect.withSpan(
        Effect.annotateCurrentSpan("http.response.status_code", 503),
        "answered"
      )
      yield* Effect.provide(
        Effect.all([Effect.exit(failing), Effect.exit(dying), answered, nested]),
        layer
      )
      assert.deepStrictEqual(
        ends.map((end) => end.split("\n")[0]),
        [
          "Error: The log says more.",
          "Error: The log says more.",
          "503: The log says more.",
          "ok",
          "ok"
        ]
      )
      assert.notInclude(ends.join(), "c4n4ry")
    })
  )
})
