import type { HttpApiBuilder } from "@effect/platform"
import { Duration, Effect, Layer, Option, Redacted } from "effect"
import type { Settings } from "./Settings.ts"
import { parseOtlpHeaders } from "./telemetry/OtlpHeaders.ts"

const noHeaders = {}

const headersOf = ({ otlpHeaders }: Settings["telemetry"]) =>
  Redacted.make(
    Option.getOrElse(
      Option.flatMap(Option.fromNullable(otlpHeaders), (text) =>
        parseOtlpHeaders(Redacted.value(text))
      ),
      () => noHeaders
    )
  )

/**
 * Delivers traces and metrics to the receiver that OTEL_EXPORTER_OTLP_ENDPOINT names; without one it
 * does nothing. Provide it around all that is to be seen: what is left is delivered at its end.
 */
export const exported = ({ telemetry }: Settings): Layer.Layer<never> => {
  const { metricInterval, otlpEndpoint, otlpProtocol, serviceName, traceRatio = 1 } = telemetry
  if (otlpEndpoint === undefined) return Layer.empty
  // Loaded only here, as below: a service that is not watched needs none of it.
  const loaded = Effect.promise(() => import("./telemetry/OtlpExport.ts"))
  return Layer.unwrapEffect(
    Effect.map(loaded, ({ layer }) =>
      layer({
        endpoint: otlpEndpoint,
        protocol: otlpProtocol,
        headers: headersOf(telemetry),
        serviceName,
        traceRatio,
        metricInterval: Duration.millis(metricInterval)
      })
    )
  )
}

/** The route that METRICS_TOKEN opens; without one there is none. */
export const routes = ({
  telemetry: { metricsToken, serviceName }
}: Settings): Layer.Layer<never, never, HttpApiBuilder.Router> => {
  if (metricsToken === undefined) return Layer.empty
  const loaded = Effect.promise(() => import("./telemetry/MetricsRoute.ts"))
  return Layer.unwrapEffect(
    Effect.map(loaded, ({ layer }) => layer({ token: metricsToken, serviceName }))
  )
}
