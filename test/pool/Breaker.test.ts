import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck as fc } from "effect"
import * as Breaker from "../../src/pool/Breaker.ts"

const backoff = { base: Duration.millis(100), cap: Duration.millis(500) }
const random = fc.double({ min: 0, max: 0.999, noNaN: true })

const failure = fc.record({
  at: fc.nat({ max: 100_000 }),
  message: fc.constant("refused"),
  isUnanswered: fc.boolean(),
  retryAfter: fc.constantFrom(0, 0, 0, 5_000, 60_000),
  hasRefused: fc.boolean(),
  random
})

const tripped = (failures: ReadonlyArray<Breaker.Failure>): Breaker.Breaker =>
  failures.reduce<Breaker.Breaker>(
    (breaker, each) => Breaker.tripped(breaker, backoff, each),
    Breaker.closed
  )

describe("the breaker", () => {
  it.prop(
    "is open after failures for as long as any of them asked, and no longer than that and a quarter, or the backoff's cap",
    [fc.array(failure), failure],
    ([before, last]) => {
      const { retryAt } = Breaker.tripped(tripped(before), backoff, last)
      const all = [...before, last]
      for (const { at, retryAfter } of all) assert.isAbove(retryAt, at + retryAfter - 0.001)
      const asked = all.map(({ at, retryAfter }) => at + Math.max(500, retryAfter * 1.25))
      assert.isAtMost(retryAt, Math.max(...asked))
    }
  )

  it.prop("counts the failures of a row from its first", [fc.array(failure)], ([failures]) => {
    const outage = Breaker.outageOf(tripped(failures))
    assert.strictEqual(outage?.failures ?? 0, failures.length)
    assert.strictEqual(outage?.since, failures[0]?.at)
  })

  it.prop(
    "is closed by any dial that succeeds, and then lets two dial at once",
    [fc.array(failure, { minLength: 1 }), fc.nat({ max: 10 }), fc.boolean()],
    ([failures, beside, isProbing]) => {
      const open = tripped(failures)
      const before = isProbing ? Breaker.probing(open) : open
      assert.deepStrictEqual(Breaker.succeeded(before, beside), { _tag: "Closed", ramp: 2 })
    }
  )

  it.prop(
    "lets one more dial after each that succeeds beside others, and begins anew beside none",
    [fc.array(fc.nat({ max: 3 }), { maxLength: 60 })],
    ([besides]) => {
      let breaker = Breaker.closed
      let ramp = 1
      for (const beside of besides) {
        breaker = Breaker.succeeded(breaker, beside)
        ramp = 1 + (beside > 0 ? ramp : 1)
        assert.deepStrictEqual(breaker, { _tag: "Closed", ramp })
      }
    }
  )

  it.prop(
    "gives a server that does not answer in time twice as long each time, up to six times, and one that does no more",
    [fc.array(failure)],
    ([failures]) => {
      const answers = failures.findLastIndex(({ isUnanswered }) => !isUnanswered)
      const unanswered = failures.length - 1 - answers
      assert.strictEqual(Breaker.patience(tripped(failures)), Math.min(2 ** unanswered, 6))
    }
  )

  it("says in its messages how long it stays open, and after how much", () => {
    const open = tripped([
      {
        at: 0,
        message: "refused",
        isUnanswered: false,
        retryAfter: 5_000,
        hasRefused: false,
        random: 0
      }
    ])
    assert.strictEqual(
      Breaker.describe(open, 1_000),
      "breaker open for 4000ms more after 1 failure"
    )
    assert.strictEqual(
      Breaker.describe(Breaker.probing(open), 5_000),
      "breaker half-open after 1 failure"
    )
    assert.strictEqual(Breaker.describe(Breaker.closed, 0), "breaker closed")
  })
})
