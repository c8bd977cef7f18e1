import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { type HttpClientError, isHttpClientError } from "@effect/platform/HttpClientError"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { Cause, Duration, Effect, Exit, Layer } from "effect"

/** Deliveries at once. What comes while so many are under way is dropped. */
const mostUnderWay = 4

/** A receiver that takes longer is as good as away. */
const patience = Duration.seconds(10)

/**
 * What ends a delivery for good: as a defect it is not repeated, and the exporter drops what comes for a
 * minute. `Retry-After` may say a year, through which it would keep what it has.
 */
const refused = (why: string): Effect.Effect<never> => Effect.die(why)

type Delivery = Effect.Effect<HttpClientResponse, HttpClientError>

/** Reads the answer to its end, so that the socket can be used again. */
const answered = (delivery: Delivery): Delivery =>
  delivery.pipe(
    Effect.tap((response) => Effect.ignore(response.arrayBuffer)),
    Effect.timeoutFailCause({
      duration: patience,
      onTimeout: () => Cause.die(`no answer within ${Duration.format(patience)}`)
    }),
    Effect.tap(({ status }) =>
      status === 429 ? refused("it wants less of it (429)") : Effect.void
    )
  )

/** One word of why, without addresses or headers. */
const reasonOf = (cause: Cause.Cause<HttpClientError>): string => {
  const error = Cause.squash(cause)
  if (isHttpClientError(error)) return error.reason
  return error instanceof Error ? error.message : String(error)
}

/**
 * Tells once that telemetry is lost, and once that it is not any more: of traces and of metrics by
 * themselves, because a receiver may take the one and refuse the other.
 */
const makeTold = () => {
  const away = new Set<string>()
  return (
    url: string,
    exit: Exit.Exit<HttpClientResponse, HttpClientError>
  ): Effect.Effect<void> => {
    if (Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause)) return Effect.void
    const isLost = Exit.isFailure(exit) || exit.value.status >= 300
    if (isLost === away.has(url)) return Effect.void
    if (!isLost) {
      away.delete(url)
      return Effect.logInfo(`Telemetry is delivered to ${url} again`)
    }
    away.add(url)
    const why = Exit.isFailure(exit) ? reasonOf(exit.cause) : `status ${exit.value.status}`
    return Effect.logWarning(`Telemetry can't be delivered to ${url} and is dropped: ${why}`)
  }
}

const make = Effect.map(HttpClient.HttpClient, (client) => {
  const told = makeTold()
  let underWay = 0
  const counted = (delivery: Delivery): Delivery =>
    Effect.suspend(() => {
      if (underWay >= mostUnderWay) return refused(`${underWay} deliveries are under way`)
      underWay += 1
      return Effect.ensuring(
        delivery,
        Effect.sync(() => {
          underWay -= 1
        })
      )
    })
  return HttpClient.transform(client, (delivery, { url }) =>
    Effect.onExit(counted(answered(delivery)), (exit) => told(url, exit))
  )
})

/**
 * The client that telemetry is delivered with. It bounds what an exporter keeps for a receiver that is
 * away or slow: a few deliveries, each for a few seconds. It follows no redirect, which could lead
 * the headers astray.
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.fresh(
  Layer.effect(HttpClient.HttpClient, make)
).pipe(
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { redirect: "error" }))
)
