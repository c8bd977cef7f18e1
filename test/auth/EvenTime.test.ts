import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, TestClock } from "effect"
import * as fc from "effect/FastCheck"
import { evenTime } from "../../src/auth/EvenTime.ts"

/** When an answer comes whose work took so long, in milliseconds since it began. */
const answeredAfter = (work: number) =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const answering = Effect.gen(function* () {
      const untilEven = yield* evenTime
      yield* Effect.sleep(Duration.millis(work))
      yield* untilEven
      return (yield* Clock.currentTimeMillis) - begun
    })
    const fiber = yield* Effect.fork(answering)
    yield* TestClock.adjust(Duration.millis(work))
    yield* TestClock.adjust("50 millis")
    return yield* Fiber.join(fiber)
  })

describe("an answer that must not tell by its time", () => {
  it.effect.prop(
    "comes at the next multiple of 50 ms, however long it took within it",
    [fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 49 })],
    ([steps, rest]) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* answeredAfter(50 * steps + rest), 50 * (steps + 1))
      }),
    { fastCheck: { numRuns: 25 } }
  )
})
