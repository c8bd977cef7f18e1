import {
  HttpApiBuilder,
  type HttpApp,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { Cause, Chunk, Duration, Effect, identity } from "effect"
import { Draining, draining, InternalError, MethodNotAllowed, NotFound } from "./ApiError.ts"
import * as Cors from "./Cors.ts"
import { errorAnswer } from "./ErrorAnswer.ts"
import { TrustedHops } from "./ForwardedAddress.ts"
import { Readiness } from "./Readiness.ts"
import { RequestDeadlines } from "./RequestDeadlines.ts"
import { logged } from "./RequestLog.ts"
import * as RouteTable from "./RouteTable.ts"
import { sameOriginOnly } from "./SameOrigin.ts"
import { withSecurityHeaders } from "./SecurityHeaders.ts"

/** How an app answers. */
export interface AppOptions {
  /**
   * How long a request may take before it is answered 503. Default 40 s: longer than a sign-up may
   * wait for the database (30 s) and for its turn at hashing, so that it is their answer that the
   * client gets, which knows more.
   */
  readonly requestDeadline?: Duration.DurationInput
  /**
   * Origins, besides the service's own, whose pages may use it with or without the session's cookie:
   * exactly as browsers write them, `https://app.example.com`. Default none.
   */
  readonly corsOrigins?: ReadonlySet<string>
  /**
   * How many proxies in front of the service are believed, by `TrustedHops` and with the trace that a
   * request belongs to. Default 0: none.
   */
  readonly trustedHops?: number
}

const DEFAULT_REQUEST_DEADLINE = Duration.seconds(40)
const NO_ORIGINS: ReadonlySet<string> = new Set()

/**
 * The app behind every route that was added to `HttpApiBuilder`'s router, made exact: paths with
 * one spelling, 404, 405 and OPTIONS, a deadline, JSON for every failure, headers, the request log.
 *
 * It never fails (only an interruption passes through), so it can be served or mounted as it is. The
 * fiber that it runs in is the request's own: at the deadline it is interrupted.
 */
export const make = ({
  corsOrigins = NO_ORIGINS,
  requestDeadline = DEFAULT_REQUEST_DEADLINE,
  trustedHops = 0
}: AppOptions = {}) => {
  const deadline = Duration.decode(requestDeadline)
  const parts = Effect.all([
    HttpApiBuilder.httpApp,
    HttpApiBuilder.Router.router,
    Readiness,
    RequestDeadlines
  ])
  return Effect.map(parts, ([httpApp, router, { isOpen }, { orGiveUpAfter }]) => {
    const lookUp = RouteTable.make(Chunk.toReadonlyArray(router.routes))
    const guarded = sameOriginOnly(corsOrigins)(httpApp)
    const endpoints =
      trustedHops === 0 ? guarded : Effect.provideService(guarded, TrustedHops, trustedHops)
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ headers, method, url }) => {
      const lookup = lookUp(method, url)
      const options = Cors.optionsAnswer(corsOrigins, headers)
      const finished = (response: HttpServerResponse.HttpServerResponse) =>
        Cors.withCors(corsOrigins, headers)(withSecurityHeaders(response))
      return Effect.flatMap(isOpen, (isOpen) =>
        isOpen ? answer(lookup, method, options, endpoints) : Effect.succeed(refused)
      ).pipe(
        method === "POST" ? inLine : identity,
        orGiveUpAfter(deadline),
        Effect.matchCauseEffect({
          onSuccess: (response) => Effect.succeed(finished(response)),
          onFailure: (cause) => Effect.map(internalError(cause), finished)
        }),
        logged(lookup._tag === "NoSuchPath" ? "unknown" : lookup.path, { trustedHops }),
        // Handlers can be interrupted, by their router; what is around them answers whatever comes.
        Effect.uninterruptible
      )
    })
  })
}

/**
 * What hashes waits for that anyway, so whoever only asks goes first: a crowd that signs up is not felt
 * by who is signed in.
 */
const inLine = <A, E, R>(app: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withSchedulingPriority(Effect.zipRight(Effect.yieldNow({ priority: 1 }), app), 1)

const answer = <E, R>(
  lookup: RouteTable.Lookup,
  method: string,
  options: (allow: ReadonlyArray<string>) => HttpServerResponse.HttpServerResponse,
  endpoints: HttpApp.Default<E, R>
): HttpApp.Default<E, R> => {
  switch (lookup._tag) {
    case "NoSuchPath":
      return Effect.succeed(nothingThere)
    case "WrongMethod":
      return Effect.succeed(methodNotAllowed(lookup.allow))
    case "Found":
      return method === "OPTIONS" ? Effect.succeed(options(lookup.allow)) : endpoints
  }
}

/** Nothing was done for it, so it can be sent again, elsewhere. */
const refused = errorAnswer(Draining, draining)

const nothingThere = errorAnswer(
  NotFound,
  new NotFound({
    message: "Nothing is at this path. Paths are exact: see /docs for those that exist."
  })
)

const methodNotAllowed = (allow: ReadonlyArray<string>): HttpServerResponse.HttpServerResponse =>
  errorAnswer(
    MethodNotAllowed,
    new MethodNotAllowed({ message: `This path takes ${allow.join(", ")} only.`, allow })
  ).pipe(HttpServerResponse.setHeader("allow", allow.join(", ")))

const internalError = <E>(
  cause: Cause.Cause<E>
): Effect.Effect<HttpServerResponse.HttpServerResponse, E> =>
  // The client has left, or the service is being ended by force: nobody reads an answer.
  Cause.isInterruptedOnly(cause)
    ? Effect.failCause(cause)
    : Effect.as(Effect.logError("A request failed with a defect", cause), defect)

const defect = errorAnswer(
  InternalError,
  new InternalError({
    message: "The service failed to answer. The cause is in its log, under this X-Request-Id."
  })
)
