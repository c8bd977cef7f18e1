import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import type { MetricsReading } from "../../src/admin/MetricsReading.ts"
import { type Buckets, quantile, since } from "../../src/admin/Quantile.ts"
import { Ring } from "../../src/admin/Ring.ts"
import { sampleOf } from "../../src/admin/Sample.ts"
import { noRefusals } from "../../src/pool/PoolError.ts"
import { resting } from "../http/FakePool.ts"

const bounds = [0.001, 0.01, 0.1, 1, Number.POSITIVE_INFINITY]

const histogram = (values: ReadonlyArray<number>): Buckets =>
  bounds.map((bound) => [bound, values.filter((value) => value <= bound).length])

const observed = FastCheck.array(FastCheck.double({ min: 0, max: 5, noNaN: true }), {
  minLength: 1,
  maxLength: 50
})

const metrics = (values: ReadonlyArray<number>, signUps = 0): MetricsReading => ({
  waits: { buckets: histogram(values), largest: Math.max(0, ...values) },
  uses: { buckets: [], largest: 0 },
  signUps,
  signIns: 0,
  authEvents: 0
})

describe("a second of the dashboard", () => {
  it.prop(
    "a quantile lies in the bucket of the value it stands for, and below the largest",
    [observed, FastCheck.constantFrom(0.5, 0.99)],
    ([values, share]) => {
      const largest = Math.max(...values)
      const sorted = [...values].sort((one, other) => one - other)
      const exact = sorted[Math.ceil(share * values.length) - 1] ?? assert.fail()
      const index = bounds.findIndex((bound) => exact <= bound)
      const guess = quantile(histogram(values), share, largest) ?? assert.fail()
      assert.isAtLeast(guess, index === 0 ? 0 : (bounds[index - 1] ?? 0))
      assert.isAtMost(
        guess,
        Math.max(bounds[index - 1] ?? 0, Math.min(bounds[index] ?? 0, largest))
      )
    }
  )

  it.prop(
    "between two looks is what came between them",
    [observed, observed],
    ([before, after]) => {
      const both = histogram([...before, ...after])
      assert.deepStrictEqual(since(histogram(before), both), histogram(after))
      assert.deepStrictEqual(since(undefined, both), both)
    }
  )

  it("counts what happened since the last one, and the first one counts nothing", () => {
    const first = {
      at: 1000,
      stats: { ...resting, acquired: 40, refused: { ...noRefusals, AcquireTimeout: 2 } },
      metrics: metrics([0.5], 7)
    }
    const later = {
      at: 3000,
      stats: {
        ...resting,
        acquired: 52,
        refused: { AcquireTimeout: 3, ConnectError: 1, PoolClosed: 1, QueueFull: 4 }
      },
      metrics: metrics([0.5, 0.005], 9)
    }
    const none = sampleOf(undefined, first)
    assert.deepInclude(none, { at: 1, lent: 0, refused: 0, signUps: 0, waitMedian: null })
    const second = sampleOf(first, later)
    assert.deepInclude(second, { at: 3, lent: 6, refused: 3.5, signUps: 2, useP99: null })
    assert.isAtMost(second.waitMedian ?? assert.fail(), 10)
  })

  it.prop(
    "a ring keeps the last of what it was given, in order",
    [FastCheck.array(FastCheck.integer()), FastCheck.integer({ min: 1, max: 9 })],
    ([items, capacity]) => {
      const ring = new Ring<number>(capacity)
      for (const item of items) ring.push(item)
      assert.deepStrictEqual(ring.all, items.slice(-capacity))
    }
  )
})
