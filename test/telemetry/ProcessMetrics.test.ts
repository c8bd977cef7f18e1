import { createHistogram } from "node:perf_hooks"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Metric, TestClock } from "effect"
import { processMetrics, watching } from "../../src/telemetry/ProcessMetrics.ts"

/** Event loops that were late when the test says so, as two histograms of one loop see it. */
const loop = () => {
  const histograms: Array<ReturnType<typeof createHistogram>> = []
  const delays = Effect.sync(() => {
    const histogram = createHistogram()
    histograms.push(histogram)
    return histogram
  })
  const late = (seconds: number) => {
    for (const histogram of histograms) histogram.record(Math.round((seconds + 0.02) * 1e9))
  }
  return { delays, late }
}

const longest = Effect.map(Metric.value(processMetrics.delayMax), ({ value }) => value)

describe("how late the event loop was", () => {
  it.scoped("is told to every reader, however many there are", () =>
    Effect.gen(function* () {
      const { delays, late } = loop()
      const read = yield* watching(delays)
      late(0.5)
      for (const reader of ["/metrics", "OTLP", "a second Prometheus"]) {
        yield* read
        assert.closeTo(yield* longest, 0.5, 0.01, reader)
        yield* TestClock.adjust("15 seconds")
      }
    })
  )

  it.scoped("is told for a minute at least to who looks often, and is over after two", () =>
    Effect.gen(function* () {
      const { delays, late } = loop()
      const read = yield* watching(delays)
      const readAfter = (seconds: number) =>
        Effect.repeatN(Effect.zipRight(TestClock.adjust("5 seconds"), read), seconds / 5 - 1)
      yield* readAfter(85)
      late(0.5)
      yield* readAfter(60)
      assert.closeTo(yield* longest, 0.5, 0.01)
      yield* readAfter(65)
      assert.strictEqual(yield* longest, 0)
    })
  )

  it.scoped("is told whole to who looks once in ten minutes", () =>
    Effect.gen(function* () {
      const { delays, late } = loop()
      const read = yield* watching(delays)
      yield* read
      yield* TestClock.adjust("1 minute")
      late(0.5)
      yield* TestClock.adjust("9 minutes")
      yield* read
      assert.closeTo(yield* longest, 0.5, 0.01)
    })
  )
})
