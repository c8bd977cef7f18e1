import { Duration, Option } from "effect"
import { wordOf } from "./Breaker.ts"
import type { AcquireError } from "./PoolError.ts"
import type { EvictionReason } from "./PoolEvent.ts"
import { type State, total } from "./PoolState.ts"
import type { Tally } from "./Tally.ts"

/** A pool at one moment, and what it has done since it was built. */
export interface PoolStats {
  /** `idle`, `active` and `connecting` together. */
  readonly total: number
  /** Connections that nobody uses. */
  readonly idle: number
  /** Connections with a borrower, and those being validated for one. */
  readonly active: number
  /** Connections being opened. */
  readonly connecting: number
  /** Callers in the queue. */
  readonly waiting: number
  /** The bounds of `total` as configured. */
  readonly min: number
  readonly max: number
  /** Whether dials are free, forbidden for now, or tried by one probe. */
  readonly breaker: "closed" | "open" | "half-open"
  /** How often all connections were condemned at once. */
  readonly generation: number
  /** Times that a connection was lent. */
  readonly acquired: number
  /**
   * Those of `acquired` not served in the same instant: they waited for another caller, a dial or a
   * proof.
   */
  readonly waited: number
  /** All their waits together. */
  readonly waitTime: Duration.Duration
  /** All the time together for which connections were held, of those that were given back. */
  readonly useTime: Duration.Duration
  /** Callers refused, by the tag of the error that they were told. */
  readonly refused: Readonly<Record<AcquireError["_tag"], number>>
  /** Callers who left the queue: interrupted. */
  readonly cancelled: number
  /** Connections opened. */
  readonly dialed: number
  /** Round trips made to prove connections that were idle or held long. */
  readonly validated: number
  /** Connections closed, by the reason. */
  readonly evicted: Readonly<Record<EvictionReason, number>>
  /** Dials and validations that failed. */
  readonly retries: number
  /** The last failure of a connection, as a clause without secrets. */
  readonly lastError: Option.Option<string>
}

/** What can be said of a pool by its state and what was counted. */
export const statsOf = (state: State, tally: Tally): PoolStats => ({
  total: total(state),
  idle: state.counts.idle,
  active: state.counts.active + state.counts.proving,
  connecting: state.counts.connecting,
  waiting: state.waiting.size,
  min: state.limits.min,
  max: state.limits.max,
  breaker: wordOf(state.breaker),
  generation: state.generation,
  acquired: tally.acquired,
  waited: tally.waited,
  waitTime: Duration.millis(tally.waitTime),
  useTime: Duration.millis(tally.useTime),
  refused: { ...tally.refused },
  cancelled: tally.cancelled,
  dialed: tally.dialed,
  validated: tally.validated,
  evicted: { ...tally.evicted },
  retries: state.failures,
  lastError: Option.fromNullable(state.lastError)
})
