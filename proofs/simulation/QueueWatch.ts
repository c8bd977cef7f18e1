import type { Instant } from "./Timeline.ts"

/** Fewer than these are not extrapolated from. */
const leastSamples = 20

/** In so many milliseconds what was seen comes to count a third. */
const memory = 2_000

/** What can be known of a pool's queue by who watches its callers. */
export class QueueWatch {
  /** The most callers that may have waited at any moment of this burst. */
  crowd = 0
  /** Whether anybody waited when the burst began. */
  private wasThere = false
  /** When callers were served out of the queue, since it was last empty. */
  private moments: Array<Instant> = []
  /** Somebody may have been served, and nobody can tell. */
  private isDoubtful = false

  asks(): void {
    this.crowd += 1
  }

  /** Somebody was served, out of the queue unless nobody was in it. */
  served(at: Instant): void {
    if (this.wasThere) this.moments.push(at)
  }

  doubt(): void {
    this.isDoubtful = true
  }

  /** Another burst begins. */
  rest(waiting: number): void {
    this.crowd = waiting
    this.wasThere = waiting > 0
    if (this.wasThere) return
    this.moments = []
    this.isDoubtful = false
  }

  /** How long the last of the crowd will wait, by how fast those before were served. */
  get wait(): number {
    if (this.isDoubtful) return Number.POSITIVE_INFINITY
    const { moments } = this
    const newest = moments.at(-1)
    if (newest === undefined || moments.length < leastSamples) return 0
    let time = 0
    let callers = 0
    for (const [index, moment] of moments.entries()) {
      const before = moments[index - 1]
      if (before === undefined) continue
      const weight = Math.exp((moment - newest) / memory)
      time += weight * Math.min(moment - before, memory)
      callers += weight
    }
    return (time / callers) * this.crowd
  }
}
