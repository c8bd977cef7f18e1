import { DateTime, FastCheck } from "effect"
import type { EvictionReason, Occurrence, PoolEvent } from "../../src/pool/index.ts"

const detail = FastCheck.constantFrom("read ECONNRESET", "57P02: the server crashed")
const few = FastCheck.integer({ min: 0, max: 12 })

const reasons: ReadonlyArray<EvictionReason> = [
  "idle",
  "lifetime",
  "invalid",
  "broken",
  "generation",
  "drain"
]

/** Any event of a pool. */
const events: FastCheck.Arbitrary<PoolEvent> = FastCheck.oneof(
  FastCheck.record({
    _tag: FastCheck.constant("Evicted" as const),
    reason: FastCheck.constantFrom(...reasons),
    detail
  }),
  FastCheck.record({ _tag: FastCheck.constant("Invalid" as const), detail }),
  FastCheck.constant({ _tag: "Stale" } as const),
  FastCheck.record({
    _tag: FastCheck.constant("Restarted" as const),
    condemned: few,
    isByHand: FastCheck.boolean(),
    detail
  }),
  FastCheck.record({ _tag: FastCheck.constant("Dialed" as const), took: few }),
  FastCheck.record({ _tag: FastCheck.constant("BreakerOpened" as const), detail }),
  FastCheck.record({
    _tag: FastCheck.constant("DialFailed" as const),
    attempt: few,
    attempts: few,
    detail,
    retryIn: few
  }),
  FastCheck.record({
    _tag: FastCheck.constant("Reconnected" as const),
    attempts: few,
    after: few,
    beside: few
  }),
  FastCheck.record({ _tag: FastCheck.constant("QueueFull" as const), detail }),
  FastCheck.record({ _tag: FastCheck.constant("TimedOut" as const), attempts: few, detail }),
  FastCheck.record({
    _tag: FastCheck.constant("Leaked" as const),
    heldFor: few,
    holder: FastCheck.constant("Orders.place")
  }),
  FastCheck.record({
    _tag: FastCheck.constant("Noted" as const),
    subject: FastCheck.constantFrom(
      "Replayed",
      "CommitConfirmed",
      "CommitUnconfirmed",
      "SomethingElse"
    ),
    detail
  })
)

/** An event so many milliseconds after the beginning of 2026. */
export const at = (millis: number, event: PoolEvent): Occurrence => ({
  at: DateTime.unsafeMake(Date.UTC(2026, 0, 1) + millis),
  event
})

/** A story in order: pauses from none to longer than an incident is quiet. */
export const stories: FastCheck.Arbitrary<ReadonlyArray<Occurrence>> = FastCheck.array(
  FastCheck.tuple(FastCheck.constantFrom(0, 1, 40, 900, 2999, 3000, 60_000), events),
  { maxLength: 60 }
).map((steps) => {
  let now = 0
  return steps.map(([pause, event]) => {
    now += pause
    return at(now, event)
  })
})
