import { createHash, timingSafeEqual } from "node:crypto"
import { HttpApiBuilder, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Effect, Layer, Redacted } from "effect"
import * as ProcessMetrics from "./ProcessMetrics.ts"
import * as PrometheusText from "./PrometheusText.ts"

/** What `/metrics` needs. */
export interface MetricsRouteOptions {
  /** What must be presented to read it. */
  readonly token: Redacted.Redacted<string>
  readonly serviceName: string
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Takes as long for every wrong one, whatever of it is right. */
const isPresented = (token: Redacted.Redacted<string>) => {
  const expected = digest(`Bearer ${Redacted.value(token)}`)
  return (authorization: string | undefined): boolean =>
    timingSafeEqual(digest(authorization ?? ""), expected)
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
      const isAllowed = isPresented(token)
      const read = yield* ProcessMetrics.watch
      const text = yield* PrometheusText.make(serviceName)
      const answer = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers }) =>
        isAllowed(headers.authorization)
          ? Effect.map(Effect.zipRight(read, text), page)
          : Effect.succeed(unauthorized)
      )
      return HttpApiBuilder.Router.use((router) => router.get("/metrics", answer))
    })
  )
