import { monitorEventLoopDelay, performance } from "node:perf_hooks"
import { Effect, Metric, type MetricLabel, type Scope } from "effect"

const delay = (suffix: string, description: string) =>
  Metric.gauge(`nodejs.eventloop.delay.${suffix}`, { description })

/** In the names and units of OpenTelemetry's semantic conventions for Node.js and processes (1.29). */
export const processMetrics = {
  delayMean: delay("mean", "How late the event loop was on average since it was last looked at."),
  delayP50: delay("p50", "How late the event loop was at most, half of the time."),
  delayP99: delay("p99", "How late the event loop was at most, 99 percent of the time."),
  delayMax: delay("max", "How late the event loop was at most since it was last looked at."),
  utilization: Metric.gauge("nodejs.eventloop.utilization", {
    description: "The part of the time that the event loop was busy since it was last looked at."
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

/** Nanoseconds to seconds; less than the resolution is no delay. */
const late = (nanos: number): number =>
  Number.isFinite(nanos) ? Math.max(0, nanos / 1e9 - resolution / 1000) : 0

/**
 * Watches the process until the scope closes. The effect that it gives reads it into the metrics:
 * run it whenever they are collected.
 */
export const watch: Effect.Effect<Effect.Effect<void>, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const histogram = monitorEventLoopDelay({ resolution })
      histogram.enable()
      return histogram
    }),
    (histogram) => Effect.sync(() => histogram.disable())
  ),
  (histogram) => {
    let last = performance.eventLoopUtilization()
    return Effect.sync(() => {
      const now = performance.eventLoopUtilization()
      const { heapUsed, rss } = process.memoryUsage()
      const { delayMax, delayMean, delayP50, delayP99 } = processMetrics
      delayMean.unsafeUpdate(late(histogram.mean), unlabelled)
      delayP50.unsafeUpdate(late(histogram.percentile(50)), unlabelled)
      delayP99.unsafeUpdate(late(histogram.percentile(99)), unlabelled)
      delayMax.unsafeUpdate(late(histogram.max), unlabelled)
      processMetrics.utilization.unsafeUpdate(
        performance.eventLoopUtilization(now, last).utilization,
        unlabelled
      )
      processMetrics.memory.unsafeUpdate(rss, unlabelled)
      processMetrics.heap.unsafeUpdate(heapUsed, unlabelled)
      processMetrics.uptime.unsafeUpdate(process.uptime(), unlabelled)
      histogram.reset()
      last = now
    })
  }
)
