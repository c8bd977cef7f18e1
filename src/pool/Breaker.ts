import type { Instant } from "../runtime/Instant.ts"
import { type Backoff, delayAfter } from "./Backoff.ts"

/** Dials that failed in a row. */
export interface Outage {
  readonly failures: number
  /** Those of the last that ended with no answer in time. */
  readonly unanswered: number
  readonly since: Instant
  /** When the last of them failed. */
  readonly lastAt: Instant
  readonly lastFailure: string
  /** Callers were refused for good in it, and it has been told. */
  readonly hasRefused: boolean
}

/**
 * Guards connecting, and nothing else: it opens at the first dial that fails, never because of a
 * statement, and a dial that is merely slow leaves it closed. Callers go on waiting meanwhile.
 */
export type Breaker =
  /** Dials are free, up to `ramp` at once: one more with each that succeeds, so twice as many each round. */
  | { readonly _tag: "Closed"; readonly ramp: number }
  /** No dial before `retryAt`. */
  | { readonly _tag: "Open"; readonly outage: Outage; readonly retryAt: Instant }
  /** A probe is under way: its end, whatever it is, closes or opens. */
  | { readonly _tag: "HalfOpen"; readonly outage: Outage }

export const closed: Breaker = { _tag: "Closed", ramp: 1 }

/** The row of failures that has not ended yet. */
export const outageOf = (breaker: Breaker): Outage | undefined =>
  breaker._tag === "Closed" ? undefined : breaker.outage

const words = { Closed: "closed", Open: "open", HalfOpen: "half-open" } as const

/** Its state in a word: the same in statistics, spans and messages. */
export const wordOf = ({ _tag }: Breaker): (typeof words)[Breaker["_tag"]] => words[_tag]

/** As it stands in messages. */
export const describe = (breaker: Breaker, at: Instant): string => {
  const word = `breaker ${wordOf(breaker)}`
  if (breaker._tag === "Closed") return word
  const more =
    breaker._tag === "Open" ? ` for ${Math.max(0, Math.round(breaker.retryAt - at))}ms more` : ""
  const { failures } = breaker.outage
  return `${word}${more} after ${failures} failure${failures === 1 ? "" : "s"}`
}

/** What a failed dial said. */
export interface Failure {
  readonly at: Instant
  readonly message: string
  /** It had no answer in time, rather than a bad one. */
  readonly isUnanswered: boolean
  /** Milliseconds for which the server does not want to be asked again; 0 if it did not say. */
  readonly retryAfter: number
  /** Callers waited, and are refused because no dial can succeed. */
  readonly hasRefused: boolean
  /** In [0, 1): spreads the next dials of many pools. */
  readonly random: number
}

/** After a dial that failed: the next one has to wait, longer after each in the row. */
export const tripped = (
  breaker: Breaker,
  backoff: Backoff,
  { at, hasRefused, isUnanswered, message, random, retryAfter }: Failure
): Extract<Breaker, { readonly _tag: "Open" }> => {
  const before = outageOf(breaker)
  const failures = (before?.failures ?? 0) + 1
  // What the server asks for is kept in full, and spread upwards: all its callers hear the same.
  const delay = Math.max(delayAfter(backoff, failures, random), retryAfter * (1 + 0.25 * random))
  const promised = breaker._tag === "Open" ? breaker.retryAt : at
  return {
    _tag: "Open",
    outage: {
      failures,
      unanswered: isUnanswered ? (before?.unanswered ?? 0) + 1 : 0,
      since: before?.since ?? at,
      lastAt: at,
      lastFailure: message,
      hasRefused: hasRefused || before?.hasRefused === true
    },
    retryAt: Math.max(promised, at + delay)
  }
}

/** Most that the time for a dial is stretched: 30 s by default. */
const mostPatience = 6

/**
 * How many times its usual time a dial may take. A server that is too busy to answer in time gets twice
 * as much after each that it did not answer: given up and dialed again at the same pace by a thousand
 * pools, it would never answer any (1,000 simulated pools: none served in 2 minutes, against 15 s).
 */
export const patience = (breaker: Breaker): number =>
  Math.min(2 ** Math.min(outageOf(breaker)?.unanswered ?? 0, 10), mostPatience)

/** For so many milliseconds a row of failures counts that nobody has met since. */
const memory = 10_000

/** When a row of failures is no news any more: later than a dial is allowed. */
export const outdatedAt = (breaker: Breaker): Instant =>
  breaker._tag === "Open"
    ? Math.max(breaker.retryAt, breaker.outage.lastAt + memory)
    : Number.POSITIVE_INFINITY

/** When a dial begins. */
export const probing = (breaker: Breaker): Breaker =>
  breaker._tag === "Open" ? { _tag: "HalfOpen", outage: breaker.outage } : breaker

/** After a dial that succeeded beside so many established connections. */
export const succeeded = (breaker: Breaker, beside: number): Breaker => ({
  _tag: "Closed",
  ramp: 1 + (breaker._tag === "Closed" && beside > 0 ? breaker.ramp : 1)
})
