import type { PoolStats } from "../pool/index.ts"
import type { MetricsReading } from "./MetricsReading.ts"
import { quantile, since } from "./Quantile.ts"

/** One second of the pool and of the service. Latencies are milliseconds; null where nothing was. */
export interface Sample {
  /** Seconds since the epoch. */
  readonly at: number
  readonly active: number
  /** Those that are there, whatever they do. */
  readonly open: number
  readonly connecting: number
  readonly waiting: number
  readonly breaker: PoolStats["breaker"]
  /** Connections lent per second: statements and transactions. */
  readonly lent: number
  /** Callers refused per second. */
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
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly stats: PoolStats
  readonly metrics: MetricsReading
}

const millis = (seconds: number | null): number | null =>
  seconds === null ? null : Math.round(seconds * 100_000) / 100

/** A busy process looks later than after a second. */
const perSecond = (count: number, past: Reading, now: Reading): number =>
  Math.round((count * 10_000) / Math.max(1, now.at - past.at)) / 10

const refusals = ({ refused }: PoolStats): number =>
  Object.values(refused).reduce((all, each) => all + each, 0)

/** The second between two readings; the first reading of all has nothing before it. */
export const sampleOf = (before: Reading | undefined, now: Reading): Sample => {
  const { at, metrics, stats } = now
  const past = before ?? now
  const waits = since(past.metrics.waits.buckets, metrics.waits.buckets)
  const uses = since(past.metrics.uses.buckets, metrics.uses.buckets)
  return {
    at: at / 1000,
    active: stats.active,
    open: stats.total - stats.connecting,
    connecting: stats.connecting,
    waiting: stats.waiting,
    breaker: stats.breaker,
    lent: perSecond(stats.acquired - past.stats.acquired, past, now),
    refused: perSecond(refusals(stats) - refusals(past.stats), past, now),
    waitMedian: millis(quantile(waits, 0.5, metrics.waits.largest)),
    waitP99: millis(quantile(waits, 0.99, metrics.waits.largest)),
    useMedian: millis(quantile(uses, 0.5, metrics.uses.largest)),
    useP99: millis(quantile(uses, 0.99, metrics.uses.largest)),
    signUps: metrics.signUps - past.metrics.signUps,
    signIns: metrics.signIns - past.metrics.signIns
  }
}
