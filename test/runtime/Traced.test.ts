import { assert, describe, it } from "@effect/vitest"
import { Effect, Tracer } from "effect"
import { fnWhereTraced } from "../../src/runtime/Traced.ts"

const nameInside = fnWhereTraced("Counter.add")((_one: number, _two: number) =>
  Effect.map(Effect.currentSpan, ({ name }) => name)
)

/** Not the one that every program has, whose spans nobody sees. */
const ownTracer = Effect.map(Effect.tracer, ({ context, span }) => Tracer.make({ context, span }))

describe("a function whose span is made where somebody sees it", () => {
  it.effect("has its span with a tracer of the program's own", () =>
    Effect.gen(function* () {
      const traced = Effect.withTracer(nameInside(1, 2), yield* ownTracer)
      assert.strictEqual(yield* traced, "Counter.add")
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
