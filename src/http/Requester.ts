import { HttpServerRequest } from "@effect/platform"
import { Effect, Option } from "effect"
import { clientAddress } from "../auth/ClientAddress.ts"
import type { Requester } from "../auth/Requester.ts"
import { addressOf, TrustedHops } from "./ForwardedAddress.ts"

/** Who asks, as far as the request that is being answered tells. */
export const requester: Effect.Effect<Requester, never, HttpServerRequest.HttpServerRequest> =
  Effect.gen(function* () {
    const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
    const address = addressOf(remoteAddress, headers["x-forwarded-for"], yield* TrustedHops)
    return {
      address: Option.map(address, clientAddress),
      userAgent: Option.fromNullable(headers["user-agent"])
    }
  })
