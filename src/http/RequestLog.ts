import {
  type Headers,
  type HttpApp,
  HttpServerRequest,
  HttpServerResponse,
  HttpTraceContext
} from "@effect/platform"
import { Duration, Effect, Exit, LogLevel, Option, type Tracer } from "effect"
import * as HttpMetrics from "./HttpMetrics.ts"

// What access logs call a request whose client left before the answer.
const CLIENT_LEFT = 499

// Probes and scrapes come every few seconds, for ever.
const QUIET = /^\/(health|metrics)(\/|$)/

/**
 * Gives a request its span and its one line in the log: method, route, status, duration.
 *
 * Both know the request only by its route. A path as it was sent, a query, a header or a body may
 * hold a secret, so none of them is recorded. The answer's `X-Request-Id` is the span's id, which
 * every line that was logged on the way carries as `requestId`.
 *
 * A trace that began elsewhere goes on here only behind a proxy that is trusted: else any stranger
 * would decide what is recorded, and in which trace.
 */
export const logged =
  (route: string, { trustedHops }: { readonly trustedHops: number }) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
      const parent = trustedHops > 0 ? callerOf(request.headers) : undefined
      HttpMetrics.began(request.method)
      const attributes = { "http.request.method": request.method, "http.route": route }
      return Effect.useSpan(
        `${request.method} ${route}`,
        { kind: "server", attributes, captureStackTrace: false, parent },
        (span) =>
          timed(app, (exit, duration) => {
            const status = Exit.isSuccess(exit) ? exit.value.status : CLIENT_LEFT
            span.attribute("http.response.status_code", status)
            const seconds = Duration.toSeconds(duration)
            HttpMetrics.ended(request.method, route, { seconds, status })
            return logLine(request.method, route, status, duration)
          }).pipe(
            Effect.map(HttpServerResponse.setHeader("x-request-id", span.spanId)),
            Effect.withParentSpan(span),
            Effect.annotateLogs("requestId", span.spanId)
          )
      )
    })

/** The span in which it was asked, elsewhere. */
const callerOf = (headers: Headers.Headers): Tracer.ExternalSpan | undefined =>
  Option.getOrUndefined(Option.filter(HttpTraceContext.fromHeaders(headers), isWellFormed))

/** What a client calls its trace goes into logs and to receivers that refuse all but hexadecimals. */
const isWellFormed = ({ spanId, traceId }: Tracer.ExternalSpan): boolean =>
  /^[0-9a-f]{32}$/.test(traceId) &&
  /[^0]/.test(traceId) &&
  /^[0-9a-f]{16}$/.test(spanId) &&
  /[^0]/.test(spanId)

const timed = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  end: (exit: Exit.Exit<A, E>, duration: Duration.Duration) => Effect.Effect<void>
) =>
  Effect.clockWith((clock) =>
    Effect.flatMap(clock.currentTimeNanos, (start) =>
      Effect.onExit(effect, (exit) =>
        Effect.flatMap(clock.currentTimeNanos, (now) => end(exit, Duration.nanos(now - start)))
      )
    )
  )

const logLine = (method: string, route: string, status: number, duration: Duration.Duration) =>
  Effect.logWithLevel(level(route, status), `${method} ${route} ${status}`).pipe(
    Effect.annotateLogs({
      method,
      route,
      status,
      durationMs: Math.round(Duration.toMillis(duration))
    })
  )

const level = (route: string, status: number): LogLevel.LogLevel => {
  if (QUIET.test(route)) return LogLevel.Debug
  return status >= 500 ? LogLevel.Warning : LogLevel.Info
}
