import * as Metrics from "@effect/opentelemetry/Metrics"
import * as Resource from "@effect/opentelemetry/Resource"
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus"
import type { MetricData, ResourceMetrics } from "@opentelemetry/sdk-metrics"
import { Effect } from "effect"
import { isOurs, prometheusName, prometheusUnit } from "./Catalogue.ts"

/** Neither prefix nor times of its own; what was measured is said once, and not by which library. */
const serializer = new PrometheusSerializer(undefined, false, undefined, false, true)

const named = (metric: MetricData): MetricData => {
  const { name } = metric.descriptor
  const descriptor = {
    ...metric.descriptor,
    name: prometheusName(name),
    unit: prometheusUnit(name)
  }
  return { ...metric, descriptor }
}

const conventional = ({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics => ({
  resource,
  scopeMetrics: scopeMetrics.map(({ metrics, scope }) => ({
    scope,
    metrics: metrics.filter(({ descriptor }) => isOurs(descriptor.name)).map(named)
  }))
})

/** What the metrics of the service are at this moment, as Prometheus reads it. */
export const make = (serviceName: string): Effect.Effect<Effect.Effect<string>> =>
  Metrics.makeProducer.pipe(
    Effect.map((producer) =>
      Effect.map(
        Effect.promise(() => producer.collect()),
        ({ resourceMetrics }) => serializer.serialize(conventional(resourceMetrics))
      )
    ),
    Effect.provide(Resource.layer({ serviceName }))
  )
