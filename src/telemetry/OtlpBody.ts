import { OtlpSerialization } from "@effect/opentelemetry/OtlpSerialization"
import { Effect, Layer, Predicate } from "effect"
import { isOurs, unitOf } from "./Catalogue.ts"

interface ExportedMetric {
  readonly name: string
  unit: string
}

interface MetricsData {
  readonly resourceMetrics: ReadonlyArray<{
    readonly scopeMetrics: ReadonlyArray<{ metrics: ReadonlyArray<ExportedMetric> }>
  }>
}

interface ExportedSpan {
  attributes: ReadonlyArray<{ readonly key: string }>
  readonly status: { readonly code: number }
}

interface TraceData {
  readonly resourceSpans: ReadonlyArray<{
    readonly scopeSpans: ReadonlyArray<{ readonly spans: ReadonlyArray<ExportedSpan> }>
  }>
}

const isMetricsData = (data: unknown): data is MetricsData =>
  Predicate.hasProperty(data, "resourceMetrics")

const isTraceData = (data: unknown): data is TraceData =>
  Predicate.hasProperty(data, "resourceSpans")

/** Only what is known to be good for it, with its units, which Effect's metrics do not have. */
const inUnits = (data: unknown): unknown => {
  if (!isMetricsData(data)) return data
  for (const { scopeMetrics } of data.resourceMetrics) {
    for (const scope of scopeMetrics) {
      scope.metrics = scope.metrics.filter(({ name }) => isOurs(name))
      for (const metric of scope.metrics) metric.unit = unitOf(metric.name)
    }
  }
  return data
}

const statusError = 2

/** @effect/opentelemetry 0.64.1 says of every span that has failed that it was interrupted. */
const withoutFalseInterrupts = (data: unknown): unknown => {
  if (!isTraceData(data)) return data
  for (const { scopeSpans } of data.resourceSpans) {
    for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
      if (span.status.code !== statusError) continue
      span.attributes = span.attributes.filter(
        ({ key }) => key !== "span.label" && key !== "status.interrupted"
      )
    }
  }
  return data
}

const corrected = Layer.effect(
  OtlpSerialization,
  Effect.map(OtlpSerialization, ({ logs, metrics, traces }) => ({
    logs,
    metrics: (data: unknown) => metrics(inUnits(data)),
    traces: (data: unknown) => traces(withoutFalseInterrupts(data))
  }))
)

/** The bodies of deliveries as an encoding writes them, of data that has been put right. */
export const layer = (encoding: Layer.Layer<OtlpSerialization>): Layer.Layer<OtlpSerialization> =>
  Layer.provide(corrected, encoding)
