import type { PoolStats } from "../pool/index.ts"
import type { MetricsReading } from "./MetricsReading.ts"
import { quantile, since } from "./Quantile.ts"

/** One second of the pool and of the service. Latencies are milliseconds; null where nothing was. */
export interface Sample {
  /** Whole seconds since the epoch. */
  readonly at: number
  readonly active: number
  /** Those that are there, whatever they do. */
  readonly open: number
  readonly connecting: number
  readonly waiting: number
  readonly breaker: PoolStats["breaker"]
  /** Connections lent in this second: statements and transactions. */
  readonly lent: number
  readonly refused: number
  readonly waitMedian: number | null
  readonly waitP99: number | null
  readonly useMedian: number | null
  readonly useP99: number | null
  readonly signUps: number
  readonly signIns: number
}

/** The counters at one moment. */
export interface Reading {
  readonly stats: PoolStats
  readonly metrics: MetricsReading
}

const millis = (seconds: number | null): number | null =>
  seconds === null ? null : Math.round(seconds * 100_000) / 100

const refusals = ({ queueFull, timedOut }: PoolStats): number => queueFull + timedOut

/** The second between two readings; the first reading of all has nothing before it. */
export const sampleOf = (at: number, before: Reading | undefined, now: Reading): Sample => {
  const { stats, metrics } = now
  const past = before ?? now
  const waits = since(past.metrics.waits.buckets, metrics.waits.buckets)
  const uses = since(past.metrics.uses.buckets, metrics.uses.buckets)
  return {
    at: Math.floor(at / 1000),
    active: stats.active,
    open: stats.total - stats.connecting,
    connecting: stats.connecting,
    waiting: stats.waiting,
    breaker: stats.breaker,
    lent: stats.acquired - past.stats.acquired,
    refused: refusals(stats) - refusals(past.stats),
    waitMedian: millis(quantile(waits, 0.5, metrics.waits.largest)),
    waitP99: millis(quantile(waits, 0.99, metrics.waits.largest)),
    useMedian: millis(quantile(uses, 0.5, metrics.uses.largest)),
    useP99: millis(quantile(uses, 0.99, metrics.uses.largest)),
    signUps: metrics.signUps - past.metrics.signUps,
    signIns: metrics.signIns - past.metrics.signIns
  }
}
