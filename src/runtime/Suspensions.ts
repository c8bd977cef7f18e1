import type { Clock } from "effect"
import { type Instant, instantOf } from "./Instant.ts"

/** By so many milliseconds the wall clock has to gain on the other one at once. */
const noticeable = 500

/**
 * Notices that the machine was suspended: the wall clock has gone on meanwhile, and the one that nobody
 * sets stood still, as on Linux. A wall clock that was set forward looks the same.
 */
export class Suspensions {
  private ahead: number
  private readonly clock: Clock.Clock

  constructor(clock: Clock.Clock) {
    this.clock = clock
    this.ahead = this.aheadOf(instantOf(clock))
  }

  /** Whether it may have been since this was asked last; `now` is the instant of the clock. */
  hasPassed(now: Instant): boolean {
    const before = this.ahead
    this.ahead = this.aheadOf(now)
    return this.ahead - before >= noticeable
  }

  private aheadOf(now: Instant): number {
    return this.clock.unsafeCurrentTimeMillis() - now
  }
}
