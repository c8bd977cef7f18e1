import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Tracer } from "effect"
import { fnWhereTraced } from "../../src/runtime/Traced.ts"
import { ownTracer } from "../support/OwnTracer.ts"

const nameInside = fnWhereTraced("Counter.add")((_one: number, _two: number) =>
  Effect.map(Effect.currentSpan, ({ name }) => name)
)

const nameAndParent = fnWhereTraced("Counter.add")(() =>
  Effect.map(Effect.currentSpan, ({ name, parent }) => [
    name,
    Option.match(parent, {
      onNone: () => "none",
      onSome: (span) => (span._tag === "Span" ? span.name : span.spanId)
    })
  ])
)

describe("a function whose span is made where somebody sees it", () => {
  it.effect("has its span with a tracer of the program's own", () =>
    Effect.gen(function* () {
      const traced = Effect.withTracer(nameInside(1, 2), yield* ownTracer)
      assert.strictEqual(yield* traced, "Counter.add")
    })
  )

  it.effect("has it inside of a function without a name, and behind a tracer that was off", () =>
    Effect.gen(function* () {
      const nameless = Effect.fn(function* () {
        return yield* nameAndParent()
      })
      const reenabled = Effect.withTracerEnabled(nameAndParent(), true)
      for (const inside of [
        nameless(),
        reenabled.pipe(Effect.withSpan("unseen"), Effect.withTracerEnabled(false))
      ]) {
        const around = Effect.withSpan(inside, "around it")
        const seen = yield* Effect.withTracer(around, yield* ownTracer)
        assert.deepStrictEqual(seen, ["Counter.add", "around it"])
      }
    })
  )

  it.effect("has none in a trace that is not recorded", () =>
    Effect.gen(function* () {
      const parent = Tracer.externalSpan({ spanId: "1", traceId: "2", sampled: false })
      const seen = nameInside(1, 2).pipe(Effect.option, Effect.withParentSpan(parent))
      assert.isTrue(Option.isNone(yield* Effect.withTracer(seen, yield* ownTracer)))
    })
  )

  it.effect("leaves the span around it where nobody sees one, or does not want to", () =>
    Effect.gen(function* () {
      const around = Effect.withSpan(nameInside(1, 2), "around it")
      assert.strictEqual(yield* around, "around it")
      const unwanted = nameInside(1, 2).pipe(
        Effect.withTracerEnabled(false),
        Effect.withSpan("around it"),
        Effect.withTracer(yield* ownTracer)
      )
      assert.strictEqual(yield* unwanted, "around it")
    })
  )
})
