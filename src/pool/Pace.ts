import type { Instant } from "./PoolState.ts"

/** How fast a queue moves, for as long as somebody waits in it. */
export interface Pace {
  /** When a caller was last served from it. */
  readonly servedAt: Instant
  /** Milliseconds from one to the next: a moving average. */
  readonly interval: number
  /** How many the average is made from. */
  readonly samples: number
}

/** Nobody waits: whatever was known says nothing of the next crowd. */
export const resting: Pace = { servedAt: 0, interval: 0, samples: 0 }

/** The weight of the newest interval: about the last 30 count. */
const weight = 1 / 16

/** Fewer than these may all be of one kind. */
const leastSamples = 20

/** After one more caller was served from a queue. */
export const served = ({ interval, samples, servedAt }: Pace, at: Instant): Pace => ({
  servedAt: at,
  interval: samples <= 1 ? at - servedAt : interval + (at - servedAt - interval) * weight,
  samples: samples + 1
})

/** How long who comes now behind so many will wait, in milliseconds; 0 while that is not known. */
export const estimate = ({ interval, samples }: Pace, ahead: number): number =>
  samples < leastSamples ? 0 : interval * (ahead + 1)
