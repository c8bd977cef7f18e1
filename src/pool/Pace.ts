import type { Instant } from "../runtime/Instant.ts"

/** How fast a queue moves, for as long as somebody waits in it. */
export interface Pace {
  /** When a caller was first served from it. */
  readonly since: Instant
  /** And last. */
  readonly servedAt: Instant
  /** How many have been served. */
  readonly samples: number
  /** Of them, those that still count: the older, the less. */
  readonly callers: number
  /** The milliseconds in which these were served. */
  readonly millis: number
}

/** Nobody waits: whatever was known says nothing of the next crowd. */
export const resting: Pace = { since: 0, servedAt: 0, samples: 0, callers: 0, millis: 0 }

/**
 * In so many milliseconds what was seen comes to count a third. By time, not by callers: those that share
 * a session are served by the hundred, and then for a while nobody.
 */
const memory = 2_000

/** Fewer than these may all be of one kind. */
const leastSamples = 20

/** After one more caller was served from a queue. */
export const served = (pace: Pace, at: Instant): Pace => {
  const { callers, millis, samples, servedAt, since } = pace
  if (samples === 0) return { ...resting, since: at, servedAt: at, samples: 1 }
  const interval = at - servedAt
  const kept = Math.exp(-interval / memory)
  return {
    since,
    servedAt: at,
    samples: samples + 1,
    callers: callers * kept + 1,
    // A stall is no pace: it would turn newcomers away for as long again after its end.
    millis: millis * kept + Math.min(interval, memory)
  }
}

/** How long who comes now behind so many will wait, in whole milliseconds; 0 while that is not known. */
export const estimate = ({ callers, millis, samples }: Pace, ahead: number): number =>
  samples < leastSamples ? 0 : Math.round((millis / callers) * (ahead + 1))
