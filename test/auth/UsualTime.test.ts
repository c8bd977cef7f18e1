import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, TestClock } from "effect"
import { makeUsualTime } from "../../src/auth/UsualTime.ts"

const work = (millis: number) => Effect.as(Effect.sleep(Duration.millis(millis)), millis)

/** How long an effect takes, by a clock that jumps over every wait. */
const timeOf = <A>(effect: Effect.Effect<A>) =>
  Effect.gen(function* () {
    const begun = yield* Clock.currentTimeMillis
    const fiber = yield* Effect.fork(Effect.zipRight(effect, Clock.currentTimeMillis))
    yield* TestClock.adjust("1 second")
    return (yield* Fiber.join(fiber)) - begun
  })

describe("work of a lesser cost", () => {
  it.effect("takes as long as usual work took lately", () =>
    Effect.gen(function* () {
      const { asUsual, usual } = makeUsualTime()
      assert.strictEqual(yield* timeOf(usual(work(30))), 30)
      assert.strictEqual(yield* timeOf(asUsual(work(10), work(500))), 30)
    })
  )

  it.effect("is not shortened when it takes longer", () =>
    Effect.gen(function* () {
      const { asUsual, usual } = makeUsualTime()
      yield* timeOf(usual(work(30)))
      assert.strictEqual(yield* timeOf(asUsual(work(50), work(500))), 50)
    })
  )

  it.effect("goes by the last 32 only, and by one of them", () =>
    Effect.gen(function* () {
      const { asUsual, usual } = makeUsualTime()
      yield* timeOf(usual(work(900)))
      for (let i = 0; i < 32; i += 1) yield* timeOf(usual(work(i % 2 === 0 ? 20 : 40)))
      const times = new Set<number>()
      for (let i = 0; i < 40; i += 1) times.add(yield* timeOf(asUsual(work(1), work(500))))
      assert.deepStrictEqual([...times].toSorted(), [20, 40])
    })
  )

  it.effect("runs work of the usual cost first when there was none, once", () =>
    Effect.gen(function* () {
      const { asUsual } = makeUsualTime()
      assert.strictEqual(yield* timeOf(asUsual(work(10), work(30))), 60)
      assert.strictEqual(yield* timeOf(asUsual(work(10), work(30))), 30)
    })
  )
})
