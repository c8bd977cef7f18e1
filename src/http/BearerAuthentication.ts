import { HttpServerRequest } from "@effect/platform"
import { Effect, Layer } from "effect"
import { Sessions } from "../auth/Sessions.ts"
import * as SessionToken from "../auth/SessionToken.ts"
import { Authentication, BearerToken } from "./Authentication.ts"

// RFC 6750, 2.1 and RFC 9110, 11.1: the scheme's case does not matter; one token, nothing else.
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i

/**
 * The token of the request.
 *
 * platform hands over the header less its first seven characters, whatever they are, so it is read
 * here again. Two Authorization headers arrive joined by a comma, and so match nothing.
 */
const presentedToken = Effect.gen(function* () {
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const [, token = ""] = BEARER.exec(headers.authorization ?? "") ?? []
  return yield* SessionToken.parse(token)
})

const bearerToken = Layer.succeed(BearerToken, { bearer: () => presentedToken })

const authentication = Layer.effect(
  Authentication,
  Effect.map(Sessions, (sessions) => ({
    bearer: () => Effect.flatMap(presentedToken, sessions.validate)
  }))
)

/** Both ways of asking for the bearer token: as it is, and looked up. */
export const layer = Layer.merge(bearerToken, authentication)
