import { DateTime, FastCheck, Struct } from "effect"
import type { Occurrence, PoolEvent } from "../../src/pool/index.ts"
import { noEvictions } from "../../src/pool/PoolEvent.ts"

const { boolean, constant, constantFrom, integer, oneof, record } = FastCheck

const tag = <const Tag extends PoolEvent["_tag"]>(name: Tag) => constant(name)
const detail = constantFrom("read ECONNRESET", "57P02: the server crashed")
const few = integer({ min: 0, max: 12 })

/** Events of each kind: one that is new does not compile without its line here. */
const eventsOf: {
  readonly [Tag in PoolEvent["_tag"]]: FastCheck.Arbitrary<
    Extract<PoolEvent, { readonly _tag: Tag }>
  >
} = {
  Evicted: record({
    _tag: tag("Evicted"),
    reason: constantFrom(...Struct.keys(noEvictions)),
    detail
  }),
  Invalid: record({ _tag: tag("Invalid"), detail }),
  Stale: record({ _tag: tag("Stale") }),
  Restarted: record({ _tag: tag("Restarted"), condemned: few, isByHand: boolean(), detail }),
  Dialed: record({ _tag: tag("Dialed"), took: few }),
  BreakerOpened: record({ _tag: tag("BreakerOpened"), detail, refused: few }),
  DialFailed: record({
    _tag: tag("DialFailed"),
    attempt: few,
    attempts: few,
    detail,
    retryIn: few
  }),
  Reconnected: record({ _tag: tag("Reconnected"), attempts: few, after: few, beside: few }),
  Lapsed: record({ _tag: tag("Lapsed"), attempts: few, after: few }),
  QueueFull: record({ _tag: tag("QueueFull"), detail }),
  TimedOut: record({ _tag: tag("TimedOut"), attempts: few, detail }),
  Leaked: record({ _tag: tag("Leaked"), heldFor: few, holder: constant("Orders.place") }),
  Noted: record({
    _tag: tag("Noted"),
    subject: constantFrom("Replayed", "CommitConfirmed", "CommitUnconfirmed", "SomethingElse"),
    detail
  })
}

const events: FastCheck.Arbitrary<PoolEvent> = oneof(...Object.values(eventsOf))

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
