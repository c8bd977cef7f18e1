import {
  type EventLoopUtilization,
  type Histogram,
  monitorEventLoopDelay,
  performance
} from "node:perf_hooks"
import { Effect, Metric, type MetricLabel, type Scope } from "effect"
import { instant } from "../runtime/Instant.ts"

const delay = (suffix: string, description: string) =>
  Metric.gauge(`nodejs.eventloop.delay.${suffix}`, { description })

/** In the names and units of OpenTelemetry's semantic conventions for Node.js and processes (1.29). */
export const processMetrics = {
  delayMean: delay("mean", "How late the event loop was on average in the last minute or two."),
  delayP50: delay("p50", "How late the event loop was at most, half of the last minute or two."),
  delayP99: delay(
    "p99",
    "How late the event loop was at most, 99 percent of the last minute or two."
  ),
  delayMax: delay("max", "How late the event loop was at most in the last minute or two."),
  utilization: Metric.gauge("nodejs.eventloop.utilization", {
    description: "The part of the time that the event loop was busy in the last minute or two."
  }),
  memory: Metric.gauge("process.memory.usage", {
    description: "Physical memory that the process uses."
  }),
  heap: Metric.gauge("v8js.memory.heap.used", {
    description: "Memory that objects take, also those that nobody needs any more."
  }),
  uptime: Metric.gauge("process.uptime", { description: "How long the process has been running." })
}

const unlabelled: ReadonlyArray<MetricLabel.MetricLabel> = []

/** How often the delay is measured. A tenth of the usual answer time, and not worth a percent. */
const resolution = 20

/** Milliseconds after which what is told begins anew: the usual time between two deliveries of OTLP. */
const lap = 60_000

/** Nanoseconds to seconds; less than the resolution is no delay. */
const late = (nanos: number): number =>
  Number.isFinite(nanos) ? Math.max(0, nanos / 1e9 - resolution / 1000) : 0

/** The delays of the event loop, from now until the scope closes. */
const loopDelays: Effect.Effect<Histogram, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => {
    const histogram = monitorEventLoopDelay({ resolution })
    histogram.enable()
    return histogram
  }),
  (histogram) => Effect.sync(() => histogram.disable())
)

/** What the event loop did since a moment. */
interface Lap {
  readonly since: number
  readonly delays: Histogram
  readonly load: EventLoopUtilization
}

const begin = (delays: Histogram, since: number): Lap => {
  delays.reset()
  return { since, delays, load: performance.eventLoopUtilization() }
}

const write = ({ delays, load }: Lap): void => {
  const { heapUsed, rss } = process.memoryUsage()
  const { delayMax, delayMean, delayP50, delayP99 } = processMetrics
  delayMean.unsafeUpdate(late(delays.mean), unlabelled)
  delayP50.unsafeUpdate(late(delays.percentile(50)), unlabelled)
  delayP99.unsafeUpdate(late(delays.percentile(99)), unlabelled)
  delayMax.unsafeUpdate(late(delays.max), unlabelled)
  const { utilization } = performance.eventLoopUtilization(load)
  processMetrics.utilization.unsafeUpdate(utilization, unlabelled)
  processMetrics.memory.unsafeUpdate(rss, unlabelled)
  processMetrics.heap.unsafeUpdate(heapUsed, unlabelled)
  processMetrics.uptime.unsafeUpdate(process.uptime(), unlabelled)
}

/** {@link watch}, given what measures the delays of the event loop. */
export const watching = (
  delays: Effect.Effect<Histogram, never, Scope.Scope>
): Effect.Effect<Effect.Effect<void>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const now = yield* instant
    let told = begin(yield* delays, now)
    let next = begin(yield* delays, now)
    return Effect.map(instant, (now) => {
      write(told)
      if (now - next.since < lap) return
      const { delays } = told
      told = next
      next = begin(delays, now)
    })
  })

/**
 * Watches the process until the scope closes. The effect that it gives reads it into the metrics:
 * run it whenever they are collected.
 *
 * Reading takes nothing from other readers, of which there may be several: two Prometheus, and a
 * receiver of OTLP. What is told began one to two minutes ago, or at the last look but one if that
 * is longer ago, so that who looks once a minute or more often misses nothing.
 */
export const watch: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = watching(loopDelays)
