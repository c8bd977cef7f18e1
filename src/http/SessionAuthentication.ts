import { HttpServerRequest } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Sessions } from "../auth/Sessions.ts"
import * as SessionToken from "../auth/SessionToken.ts"
import { Authentication, BearerToken } from "./Authentication.ts"
import { presentedBy } from "./Presented.ts"
import * as SessionCookie from "./SessionCookie.ts"

/**
 * The token of the request. platform hands over the header less its first seven characters, whatever
 * they are, so it is read here again.
 */
const presentedToken = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  return yield* SessionToken.parse(presentedBy(headers).text)
})

/** The token that came with a request for which none is needed, as a sign-in in place of another. */
export const tokenIfAny = Effect.option(presentedToken)

/** Nothing that is worth keeping is in a cookie that can't be a token, and it would stay for ever. */
const clearCookie = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  if (presentedBy(headers).via === "cookie") yield* SessionCookie.clear
})

/** For the sign-out: who wants to be rid of a cookie is, also of one that is malformed. */
const bearerToken = Layer.succeed(BearerToken, {
  bearer: () => Effect.tapError(presentedToken, () => clearCookie)
})

const authentication = Layer.effect(
  Authentication,
  Effect.map(Sessions, (sessions) => ({
    bearer: () => Effect.flatMap(presentedToken, sessions.validate)
  }))
)

/** Both ways of asking for the request's token, as it is and looked up, also for endpoints of one's own. */
export const layer: Layer.Layer<BearerToken | Authentication, never, Sessions> = Layer.merge(
  bearerToken,
  authentication
)
