import { Metric, MetricBoundaries, MetricLabel } from "effect"
import { remembering } from "../runtime/MetricLabels.ts"

/** In the names and units of OpenTelemetry's semantic conventions for HTTP servers (1.29). */
export const httpMetrics = {
  duration: Metric.histogram(
    "http.server.request.duration",
    // The boundaries that the conventions advise, in seconds.
    MetricBoundaries.fromIterable([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10
    ]),
    "Seconds from the request to its answer."
  ),
  active: Metric.gauge("http.server.active_requests", {
    description: "Requests that are being answered."
  })
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])

/** Methods are the client's to invent; what is counted by is not. */
const known = (method: string): string => (methods.has(method) ? method : "_OTHER")

const label = (method: string) => MetricLabel.make("http.request.method", method)

const ofMethod = remembering((method: string) => [label(method)])

// There are as many as routes, methods and statuses.
const ofAnswer = remembering((method: string, route: string, status: number) => [
  label(method),
  MetricLabel.make("http.route", route),
  MetricLabel.make("http.response.status_code", String(status))
])

/** A request has come. */
export const began = (method: string): void =>
  httpMetrics.active.unsafeModify(1, ofMethod(known(method)))

/** It has been answered, or its client has left. `route` is one of the app's, as it was declared. */
export const ended = (
  method: string,
  route: string,
  { seconds, status }: { readonly seconds: number; readonly status: number }
): void => {
  httpMetrics.active.unsafeModify(-1, ofMethod(known(method)))
  httpMetrics.duration.unsafeUpdate(seconds, ofAnswer(known(method), route, status))
}
