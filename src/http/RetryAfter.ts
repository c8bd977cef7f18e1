import { HttpApiBuilder, HttpApp, HttpServerResponse } from "@effect/platform"
import { Cause, Effect, Predicate } from "effect"

/** Sends `retryAfterSeconds` of an error that has it as the `Retry-After` header, too. */
export const layer = HttpApiBuilder.middleware((app) =>
  Effect.tapErrorCause(app, (cause) => announce(Cause.squash(cause)))
)

const announce = (error: unknown): Effect.Effect<void> =>
  Predicate.hasProperty(error, "retryAfterSeconds")
    ? HttpApp.appendPreResponseHandler((_request, response) =>
        Effect.succeed(
          HttpServerResponse.setHeader(response, "retry-after", `${error.retryAfterSeconds}`)
        )
      )
    : Effect.void
