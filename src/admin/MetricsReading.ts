import { Metric, MetricState } from "effect"
import { type Buckets, together } from "./Quantile.ts"

/** A histogram, and the largest of what is in it. */
export interface Durations {
  readonly buckets: Buckets
  readonly largest: number
}

/** What the metrics of this process say at one moment, all since its start. */
export interface MetricsReading {
  /** Of the waits for a connection, by seconds. */
  readonly waits: Durations
  /** Of the time that connections are held, by seconds: one statement, or one transaction. */
  readonly uses: Durations
  readonly signUps: number
  readonly signIns: number
  /** Everything that was asked of accounts and sessions, whatever became of it. */
  readonly authEvents: number
}

type Pair = ReturnType<typeof Metric.unsafeSnapshot>[number]

const named = (pairs: ReadonlyArray<Pair>, name: string): ReadonlyArray<Pair> =>
  pairs.filter(({ metricKey }) => metricKey.name === name)

const nothing: Durations = { buckets: [], largest: 0 }

const durationsOf = (pairs: ReadonlyArray<Pair>): Durations =>
  pairs.reduce(
    (sum, { metricState }) =>
      MetricState.isHistogramState(metricState)
        ? {
            buckets: together(sum.buckets, Array.from(metricState.buckets)),
            largest: Math.max(sum.largest, metricState.max)
          }
        : sum,
    nothing
  )

const countOf = (pairs: ReadonlyArray<Pair>): number =>
  pairs.reduce(
    (sum, { metricState }) =>
      sum + (MetricState.isCounterState(metricState) ? Number(metricState.count) : 0),
    0
  )

const tagged = (pairs: ReadonlyArray<Pair>, tags: Readonly<Record<string, string>>) =>
  pairs.filter(({ metricKey }) =>
    Object.entries(tags).every(([key, value]) =>
      metricKey.tags.some((tag) => tag.key === key && tag.value === value)
    )
  )

/** Reads the registry of this process. */
export const read = (): MetricsReading => {
  const pairs = Metric.unsafeSnapshot()
  const events = named(pairs, "holdfast.auth.events")
  const done = (event: string) =>
    countOf(tagged(events, { "auth.event": event, "auth.outcome": "done" }))
  return {
    waits: durationsOf(named(pairs, "db.client.connection.wait_time")),
    uses: durationsOf(named(pairs, "db.client.connection.use_time")),
    signUps: done("sign-up"),
    signIns: done("sign-in"),
    authEvents: countOf(events)
  }
}
