import { Duration, FastCheck } from "effect"
import type { CutEnding } from "./Cut.ts"
import type { Drop } from "./Drop.ts"
import { startingUp, tooManyClients } from "./FatalMessage.ts"
import type { Fault } from "./Fault.ts"
import type { ScheduledFault } from "./FaultSchedule.ts"
import type { Direction } from "./WireMessage.ts"

type Of<Kind extends Fault["_tag"]> = Extract<Fault, { readonly _tag: Kind }>

/** What a schedule at random may hold. */
export interface FaultScheduleOptions<Kind extends Fault["_tag"]> {
  /** The kinds of fault, at least one: the simplest first, since others shrink to it. */
  readonly kinds: readonly [Kind, ...ReadonlyArray<Kind>]
  /** Default: 4. They may overlap. */
  readonly maxFaults?: number
  /** All begin within that time. Default: 500 ms. */
  readonly within?: Duration.DurationInput
  /** None lasts, delays or waits longer than that. Default: 300 ms. */
  readonly longest?: Duration.DurationInput
}

const { constant, constantFrom, integer, nat, record } = FastCheck

const tag = <const Kind extends Fault["_tag"]>(kind: Kind) => constant(kind)
const millis = (max: number) => integer({ min: 1, max }).map((n) => `${n} millis` as const)

const how: FastCheck.Arbitrary<Drop> = constantFrom(
  "reset",
  "close",
  "terminate",
  "forget",
  "blackhole"
)
const ending: FastCheck.Arbitrary<CutEnding> = constantFrom("reset", "close", "blackhole")
const direction: FastCheck.Arbitrary<Direction> = constantFrom("toServer", "toClient")

/** Faults of each kind. No duration is longer than `longest`, no line so narrow that nothing passes. */
const faultsWithin = (
  longest: number
): { readonly [Kind in Fault["_tag"]]: FastCheck.Arbitrary<Of<Kind>> } => ({
  Latency: record({ _tag: tag("Latency"), each: millis(Math.ceil(longest / 10)) }),
  Bandwidth: record({
    _tag: tag("Bandwidth"),
    bytesPerSecond: integer({ min: 1_000, max: 100_000 })
  }),
  Stall: record({ _tag: tag("Stall") }),
  Blackhole: record({ _tag: tag("Blackhole") }),
  Mute: record({ _tag: tag("Mute"), direction }),
  Refuse: record({ _tag: tag("Refuse") }),
  ConnectionLimit: record({
    _tag: tag("ConnectionLimit"),
    max: nat({ max: 4 }),
    answer: constantFrom(tooManyClients, startingUp)
  }),
  ColdStart: record({ _tag: tag("ColdStart"), delay: millis(longest) }),
  Suspend: record({ _tag: tag("Suspend"), wake: millis(longest), how }),
  IdleDrop: record({ _tag: tag("IdleDrop"), after: millis(longest), how }),
  Drop: record({ _tag: tag("Drop"), how }),
  CutAt: record({
    _tag: tag("CutAt"),
    direction,
    // A session opens with some 400 bytes each way; a statement and its answer have some 100.
    bytes: nat({ max: 1_000 }),
    of: constantFrom("next", "open"),
    ending
  }),
  CutCommit: record({ _tag: tag("CutCommit"), when: constantFrom("before", "after"), ending }),
  Restart: record({ _tag: tag("Restart"), mode: constantFrom("fast", "immediate") }),
  Crash: record({ _tag: tag("Crash") }),
  Freeze: record({ _tag: tag("Freeze") }),
  KillSessions: record({ _tag: tag("KillSessions") })
})

/** Whether there is nothing about it that could last. */
const isStrike = (fault: Fault) =>
  fault._tag === "KillSessions" || (fault._tag === "Drop" && fault.how !== "blackhole")

/** Faults of those kinds, in order of time. */
export const scheduledFaults = <Kind extends Fault["_tag"]>({
  kinds,
  longest = Duration.millis(300),
  maxFaults = 4,
  within = Duration.millis(500)
}: FaultScheduleOptions<Kind>): FastCheck.Arbitrary<ReadonlyArray<ScheduledFault<Of<Kind>>>> => {
  const longestMillis = Duration.toMillis(longest)
  const faults = faultsWithin(longestMillis)
  const each = kinds.map((kind): FastCheck.Arbitrary<Of<Kind>> => faults[kind])
  const scheduled = record({
    at: nat({ max: Duration.toMillis(within) }),
    lasts: integer({ min: 1, max: longestMillis }),
    fault: FastCheck.oneof({ withCrossShrink: true }, ...each)
  })
  return FastCheck.array(scheduled, { maxLength: maxFaults }).map((all) =>
    all
      .toSorted((a, b) => a.at - b.at)
      .map(({ at, fault, lasts }) => ({
        at: `${at} millis`,
        ...(isStrike(fault) ? {} : { lasts: `${lasts} millis` as const }),
        fault
      }))
  )
}
