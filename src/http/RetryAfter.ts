import { HttpApiBuilder, HttpApp, HttpServerResponse } from "@effect/platform"
import { Cause, Effect, Predicate } from "effect"

/** When to ask again, as an error of the contract says it; undefined: it does not. */
const secondsOf = (error: unknown): string | undefined =>
  Predicate.hasProperty(error, "retryAfterSeconds") ? `${error.retryAfterSeconds}` : undefined

/** The answer to an error, with its `retryAfterSeconds`, if it has them, as the `Retry-After` header. */
export const withRetryAfter =
  (error: unknown) =>
  (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse => {
    const seconds = secondsOf(error)
    return seconds === undefined
      ? response
      : HttpServerResponse.setHeader(response, "retry-after", seconds)
  }

/** The same for every error of an endpoint. */
export const layer = HttpApiBuilder.middleware((app) =>
  Effect.tapErrorCause(app, (cause) => announce(Cause.squash(cause)))
)

const announce = (error: unknown): Effect.Effect<void> =>
  secondsOf(error) === undefined
    ? Effect.void
    : HttpApp.appendPreResponseHandler((_request, response) =>
        Effect.succeed(withRetryAfter(error)(response))
      )
