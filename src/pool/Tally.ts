import { type AcquireError, noRefusals } from "./PoolError.ts"
import { type EvictionReason, noEvictions, type PoolEvent } from "./PoolEvent.ts"

/** What a pool has done since it was built, counted as it happens. */
export class Tally {
  acquired = 0
  waited = 0
  /** Milliseconds. */
  waitTime = 0
  /** Milliseconds. */
  useTime = 0
  readonly refused: Record<AcquireError["_tag"], number> = { ...noRefusals }
  cancelled = 0
  dialed = 0
  validated = 0
  readonly evicted: Record<EvictionReason, number> = { ...noEvictions }

  lent(waitedFor: number): void {
    this.acquired += 1
    if (waitedFor > 0) this.waited += 1
    this.waitTime += waitedFor
  }

  reported(event: PoolEvent): void {
    if (event._tag === "Evicted") this.evicted[event.reason] += 1
    if (event._tag === "Dialed") this.dialed += 1
  }
}
