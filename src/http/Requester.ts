import { HttpServerRequest } from "@effect/platform"
import { Effect, Option } from "effect"
import { makeRequester, type Requester } from "../auth/Requester.ts"
import { addressOf, TrustedHops } from "./ForwardedAddress.ts"

/** Who asks, as far as the request that is being answered tells. */
export const requester: Effect.Effect<Requester, never, HttpServerRequest.HttpServerRequest> =
  Effect.gen(function* () {
    const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
    const address = addressOf(remoteAddress, headers["x-forwarded-for"], yield* TrustedHops)
    return makeRequester({
      address: Option.getOrUndefined(address),
      userAgent: headers["user-agent"]
    })
  })
