import { HttpServerRequest } from "@effect/platform"
import { Effect, Option } from "effect"
import { type ClientAddress, clientAddress } from "../auth/ClientAddress.ts"
import { addressOf, TrustedHops } from "./ClientAddress.ts"

/** Who asks, as far as the request that is being answered tells. */
export const requester: Effect.Effect<
  {
    readonly address: Option.Option<ClientAddress>
    readonly userAgent: Option.Option<string>
  },
  never,
  HttpServerRequest.HttpServerRequest
> = Effect.gen(function* () {
  const { headers, remoteAddress } = yield* HttpServerRequest.HttpServerRequest
  const address = addressOf(remoteAddress, headers["x-forwarded-for"], yield* TrustedHops)
  return {
    address: Option.map(address, clientAddress),
    userAgent: Option.fromNullable(headers["user-agent"])
  }
})
