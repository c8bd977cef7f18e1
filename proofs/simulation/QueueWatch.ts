import type { Instant } from "./Timeline.ts"

/** Fewer than these are not extrapolated from. */
const leastSamples = 20

/** The weight of the newest interval. */
const weight = 1 / 16

/** What can be known of a pool's queue by who watches its callers. */
export class QueueWatch {
  /** The most callers that may have waited at any moment of this burst. */
  crowd = 0
  /** Whether anybody waited when the burst began. */
  private wasThere = false
  private servedAt: Instant = 0
  private samples = 0
  private interval = 0
  /** Somebody may have been served, and nobody can tell. */
  private isDoubtful = false

  asks(): void {
    this.crowd += 1
  }

  /** Somebody was served, out of the queue unless nobody was in it. */
  served(at: Instant): void {
    if (!this.wasThere) return
    const last = at - this.servedAt
    this.interval = this.samples <= 1 ? last : this.interval + (last - this.interval) * weight
    this.samples += 1
    this.servedAt = at
  }

  doubt(): void {
    this.isDoubtful = true
  }

  /** Another burst begins. */
  rest(waiting: number): void {
    this.crowd = waiting
    this.wasThere = waiting > 0
    if (this.wasThere) return
    this.samples = 0
    this.isDoubtful = false
  }

  /** How long the last of the crowd will wait, by how fast those before were served. */
  get wait(): number {
    if (this.isDoubtful) return Number.POSITIVE_INFINITY
    return this.samples < leastSamples ? 0 : this.interval * this.crowd
  }
}
