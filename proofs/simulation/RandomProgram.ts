import { FastCheck as fc } from "effect"
import {
  type Act,
  endings,
  type Knobs,
  losses,
  type Program,
  type Step,
  ways,
  welcomes
} from "./Program.ts"

/** The knobs of the pool's defaults. */
export const usual: Knobs = {
  min: 1,
  max: 10,
  connectTimeout: 5_000,
  acquireTimeout: 10_000,
  maxWaiting: 10_000,
  maxRetries: 3,
  retryDelay: 500,
  redialBase: 100,
  redialCap: 500,
  validateAfterIdle: 1_000,
  validateTimeout: 1_000,
  idleTimeout: 300_000,
  keepalive: Number.POSITIVE_INFINITY,
  leakThreshold: 60_000,
  maxLifetime: 1_800_000,
  closeTimeout: 1_000,
  lazy: false
}

const never = Number.POSITIVE_INFINITY

/** Small numbers, so that bounds are met and times run out within a program. */
const small: fc.Arbitrary<Knobs> = fc
  .record({
    max: fc.integer({ min: 1, max: 4 }),
    min: fc.constantFrom(0, 0, 1, 2),
    connectTimeout: fc.constantFrom(300, 2_000),
    acquireTimeout: fc.constantFrom(200, 1_000, 3_000),
    maxWaiting: fc.constantFrom(10_000, 10_000, 10_000, 1, 3),
    maxRetries: fc.nat(3),
    retryDelay: fc.constantFrom(50, 500),
    redialBase: fc.constantFrom(50, 100),
    redialCap: fc.constantFrom(100, 500),
    validateAfterIdle: fc.constantFrom(0, 100, 1_000),
    validateTimeout: fc.constantFrom(50, 400),
    idleTimeout: fc.constantFrom(500, 5_000),
    keepalive: fc.constantFrom(never, never, never, never, 300, 700),
    leakThreshold: fc.constantFrom(never, never, never, 50, 1_000),
    maxLifetime: fc.constantFrom(1_000, 20_000),
    closeTimeout: fc.constantFrom(50, 400),
    lazy: fc.boolean()
  })
  .map((knobs) => ({ ...knobs, min: Math.min(knobs.min, knobs.max) }))

const knobs = fc.oneof(
  { weight: 1, arbitrary: fc.constant(usual) },
  { weight: 4, arbitrary: small }
)

const pick = fc.nat(9)
const tagged = <T extends string>(tag: T) => fc.constant(tag)

const borrow: fc.Arbitrary<Act> = fc.record({
  _tag: tagged("Borrow"),
  callers: fc.oneof(
    { weight: 40, arbitrary: fc.constant(1) },
    { weight: 20, arbitrary: fc.integer({ min: 2, max: 6 }) },
    // As many as it takes until the pace of the queue is known.
    { weight: 1, arbitrary: fc.integer({ min: 25, max: 50 }) }
  ),
  way: fc.constantFrom(...ways),
  hold: fc.oneof(fc.nat(5), fc.nat(200), fc.nat(4_000)),
  ending: fc.oneof(
    { weight: 6, arbitrary: fc.constant("succeeds" as const) },
    { weight: 2, arbitrary: fc.constantFrom(...endings) }
  )
})

const slow: fc.Arbitrary<Act> = fc.record({
  _tag: tagged("Slow"),
  connect: fc.oneof(fc.nat(20), fc.nat(800)),
  trip: fc.oneof(fc.nat(5), fc.nat(600)),
  close: fc.oneof(fc.nat(5), fc.constant(Number.POSITIVE_INFINITY))
})

const welcome = fc.oneof(
  { weight: 3, arbitrary: fc.constant("accepted" as const) },
  { weight: 3, arbitrary: fc.constantFrom(...welcomes) }
)

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 14, arbitrary: borrow },
  { weight: 5, arbitrary: fc.record({ _tag: tagged("GiveBack"), pick }) },
  { weight: 6, arbitrary: fc.record({ _tag: tagged("Interrupt"), pick }) },
  { weight: 4, arbitrary: fc.record({ _tag: tagged("Welcome"), welcome }) },
  { weight: 2, arbitrary: slow },
  { weight: 1, arbitrary: fc.record({ _tag: tagged("Room"), sessions: fc.nat(4) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      _tag: tagged("Lose"),
      pick,
      count: fc.integer({ min: 1, max: 4 }),
      how: fc.constantFrom(...losses)
    })
  },
  { weight: 2, arbitrary: fc.constant<Act>({ _tag: "Crash" }) },
  { weight: 1, arbitrary: fc.constant<Act>({ _tag: "Recreate" }) },
  { weight: 1, arbitrary: fc.constant<Act>({ _tag: "Drain" }) },
  { weight: 1, arbitrary: fc.record({ _tag: tagged("Freeze"), millis: fc.nat(3_000) }) },
  { weight: 3, arbitrary: fc.constant<Act>({ _tag: "Nothing" }) }
)

const after = fc.oneof(
  { weight: 5, arbitrary: fc.constant(0) },
  { weight: 5, arbitrary: fc.nat(30) },
  { weight: 3, arbitrary: fc.nat(400) },
  { weight: 1, arbitrary: fc.nat(3_000) }
)

const step: fc.Arbitrary<Step> = fc.record({ after, act })

/** Random programs; what is smaller is simpler, so that a failure shrinks to what it takes. */
export const programs: fc.Arbitrary<Program> = fc.record({
  interleaving: fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.nat(2 ** 31 - 1) }
  ),
  knobs,
  welcome: fc.oneof(
    { weight: 5, arbitrary: fc.constant("accepted" as const) },
    { weight: 1, arbitrary: fc.constantFrom(...welcomes) }
  ),
  steps: fc.array(step, { maxLength: 30, size: "max" }),
  isAbrupt: fc.boolean()
})
