import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import { layerJson, layerProtobuf } from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { Duration, Effect, Layer, Redacted } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import * as OtlpBody from "./OtlpBody.ts"
import type { OtlpHeaders } from "./OtlpHeaders.ts"
import * as OtlpReceiver from "./OtlpReceiver.ts"
import * as ProcessMetrics from "./ProcessMetrics.ts"
import { recorder } from "./TraceRecorder.ts"

/** Where telemetry goes, and how much of it. */
export interface OtlpOptions {
  /** Below which the receiver takes `/v1/traces` and `/v1/metrics`. */
  readonly endpoint: string
  readonly protocol: "http/protobuf" | "http/json"
  readonly headers: Redacted.Redacted<OtlpHeaders>
  readonly serviceName: string
  /** The part of the traces that begin here which is recorded. */
  readonly traceRatio: number
  readonly metricInterval: Duration.Duration
  /** How often traces are delivered. Default 5 s. */
  readonly traceInterval?: Duration.DurationInput
  /** How long the last deliveries may take. Default 3 s. */
  readonly shutdownTimeout?: Duration.DurationInput
}

const urlOf = (endpoint: string, path: string): string =>
  HttpClientRequest.appendUrl(HttpClientRequest.get(endpoint), path).url

/** Reads the process just before each delivery: its timer is set before the exporter's. */
const processRead = (interval: Duration.Duration) =>
  Effect.flatMap(ProcessMetrics.watch, (read) =>
    Effect.forkScoped(Effect.forever(Effect.zipRight(Effect.sleep(interval), read)))
  )

const deliveredAs = (instance: string, options: OtlpOptions): Layer.Layer<never> => {
  const { endpoint, metricInterval, serviceName, traceRatio } = options
  const common = {
    headers: Redacted.value(options.headers),
    resource: { serviceName, attributes: { "service.instance.id": instance } },
    shutdownTimeout: options.shutdownTimeout ?? Duration.seconds(3)
  }
  const tracer = OtlpTracer.make({
    ...common,
    url: urlOf(endpoint, "/v1/traces"),
    exportInterval: options.traceInterval ?? Duration.seconds(5)
  })
  const traces = Layer.unwrapScoped(
    Effect.zipWith(tracer, Effect.random, (made, random) =>
      Layer.setTracer(recorder(made, traceRatio, random))
    )
  )
  const metrics = OtlpMetrics.layer({
    ...common,
    url: urlOf(endpoint, "/v1/metrics"),
    exportInterval: metricInterval
  })
  return Layer.mergeAll(traces, metrics, Layer.scopedDiscard(processRead(metricInterval))).pipe(
    Layer.provide(OtlpBody.layer(options.protocol === "http/json" ? layerJson : layerProtobuf)),
    Layer.provide(OtlpReceiver.layer)
  )
}

/**
 * Delivers traces and metrics until the scope closes, and then the rest. A receiver that is away, slow
 * or refuses costs telemetry and nothing else.
 */
export const layer = (options: OtlpOptions): Layer.Layer<never> =>
  Layer.unwrapEffect(Effect.map(newId, (instance) => deliveredAs(instance, options)))
