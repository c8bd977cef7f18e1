import { type Headers, HttpServerRequest } from "@effect/platform"
import { Effect, Layer, Option } from "effect"
import { Sessions } from "../auth/Sessions.ts"
import * as SessionToken from "../auth/SessionToken.ts"
import { Authentication, BearerToken } from "./Authentication.ts"
import * as SessionCookie from "./SessionCookie.ts"

// RFC 6750, 2.1 and RFC 9110, 11.1: the scheme's case does not matter; one token, nothing else.
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

/**
 * The text that stands for the token. `Authorization` wins over the cookie: whoever writes it means
 * it, while a browser adds the cookie by itself. When it is there but no bearer token, the request
 * is refused rather than made in the name of whoever the cookie belongs to.
 */
const presentedText = ({ authorization, cookie }: Headers.Headers): string =>
  authorization === undefined
    ? Option.getOrElse(SessionCookie.read(cookie), () => "")
    : (BEARER.exec(authorization)?.[1] ?? "")

/**
 * The token of the request.
 *
 * platform hands over the header less its first seven characters, whatever they are, so it is read
 * here again. Two Authorization headers arrive joined by a comma, and so match nothing.
 */
const presentedToken = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  return yield* SessionToken.parse(presentedText(headers))
})

/** The token that came with a request for which none is needed, as a sign-in in place of another. */
export const tokenIfAny = Effect.option(presentedToken)

/** Nothing that is worth keeping is in a cookie that can't be a token, and it would stay for ever. */
const clearCookie = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const isCookie = headers.authorization === undefined
  if (isCookie && Option.isSome(SessionCookie.read(headers.cookie))) yield* SessionCookie.clear
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
