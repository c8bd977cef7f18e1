import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import { isToken } from "../http/OperatorToken.ts"
import * as ProcessMetrics from "./ProcessMetrics.ts"
import * as PrometheusText from "./PrometheusText.ts"

/** What `/metrics` needs. */
export interface MetricsRouteOptions {
  /** What must be presented to read it. */
  readonly token: Redacted.Redacted<string>
  readonly serviceName: string
}

const unauthorized = HttpServerResponse.unsafeJson(
  { _tag: "MetricsTokenInvalid", message: "Send METRICS_TOKEN as a bearer token." },
  { status: 401, headers: { "www-authenticate": "Bearer" } }
)

const page = (text: string) =>
  HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })

/** `GET /metrics` for Prometheus, on the service's own listener. */
export const layer = ({
  serviceName,
  token
}: MetricsRouteOptions): Layer.Layer<never, never, HttpApiBuilder.Router> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const bearer = Redacted.make(`Bearer ${Redacted.value(token)}`)
      const read = yield* ProcessMetrics.watch
      const text = yield* PrometheusText.make(serviceName)
      const answer = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
        isToken(bearer, headers.authorization ?? "")
          ? Effect.map(Effect.zipRight(read, text), page)
          : Effect.succeed(unauthorized)
      )
      return HttpApiBuilder.Router.use((router) => router.get("/metrics", answer))
    })
  )
