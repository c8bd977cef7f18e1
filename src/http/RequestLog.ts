import {
  type Headers,
  type HttpApp,
  HttpServerRequest,
  HttpServerResponse,
  HttpTraceContext
} from "@effect/platform"
import {
  Context,
  Duration,
  Effect,
  Exit,
  FiberRef,
  HashMap,
  LogLevel,
  Option,
  Tracer
} from "effect"
import { locally } from "../runtime/locally.ts"
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
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers, method }) => {
      const parent = trustedHops > 0 ? callerOf(headers) : undefined
      const attributes = { "http.request.method": method, "http.route": route }
      return Effect.useSpan(
        `${method} ${route}`,
        { kind: "server", attributes, captureStackTrace: false, parent },
        (span) =>
          Effect.clockWith((clock) => {
            const since = clock.unsafeCurrentTimeNanos()
            HttpMetrics.began(method)
            return known(app, span).pipe(
              Effect.onExit((exit) => {
                const status = Exit.isSuccess(exit) ? exit.value.status : CLIENT_LEFT
                const duration = Duration.nanos(clock.unsafeCurrentTimeNanos() - since)
                span.attribute("http.response.status_code", status)
                HttpMetrics.ended(method, route, { seconds: Duration.toSeconds(duration), status })
                return logLine(method, route, { status, duration, requestId: span.spanId })
              }),
              Effect.map(HttpServerResponse.setHeader("x-request-id", span.spanId))
            )
          })
      )
    })

/** What a request does stands in its span, and what it logs carries its id. */
const known = <A, E, R>(app: Effect.Effect<A, E, R>, span: Tracer.Span): Effect.Effect<A, E, R> =>
  Effect.withFiberRuntime((fiber) => {
    const context = Context.add(fiber.currentContext, Tracer.ParentSpan, span)
    const annotations = fiber.getFiberRef(FiberRef.currentLogAnnotations)
    return locally(
      locally(app, FiberRef.currentContext, context),
      FiberRef.currentLogAnnotations,
      HashMap.set(annotations, "requestId", span.spanId)
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

interface Answer {
  readonly status: number
  readonly duration: Duration.Duration
  readonly requestId: string
}

const logLine = (method: string, route: string, { duration, requestId, status }: Answer) => {
  const how = level(route, status)
  return Effect.withFiberRuntime<void>((fiber) =>
    LogLevel.greaterThan(fiber.getFiberRef(FiberRef.currentMinimumLogLevel), how)
      ? Effect.void
      : Effect.logWithLevel(how, `${method} ${route} ${status}`).pipe(
          Effect.annotateLogs({
            requestId,
            method,
            route,
            status,
            durationMs: Math.round(Duration.toMillis(duration))
          })
        )
  )
}

const level = (route: string, status: number): LogLevel.LogLevel => {
  if (QUIET.test(route)) return LogLevel.Debug
  return status >= 500 ? LogLevel.Warning : LogLevel.Info
}
