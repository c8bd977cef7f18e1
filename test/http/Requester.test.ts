import { HttpServerRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { TrustedHops } from "../../src/http/ForwardedAddress.ts"
import { requester } from "../../src/http/Requester.ts"

/** What is read from a request whose socket has an address of a proxy. */
const read = (headers: Record<string, string>, hops = 0) =>
  requester.pipe(
    Effect.provideService(TrustedHops, hops),
    Effect.provideService(
      HttpServerRequest.HttpServerRequest,
      HttpServerRequest.fromWeb(new Request("http://localhost/", { headers })).modify({
        remoteAddress: "::ffff:10.0.0.1"
      })
    )
  )

describe("who asks", () => {
  it.effect("is known by network and by what limits count by, never by a whole IPv6 address", () =>
    Effect.gen(function* () {
      const forwarded = { "x-forwarded-for": "2001:DB8:1:2:3::4", "user-agent": "Mail/1.0" }
      assert.deepStrictEqual(yield* read(forwarded, 1), {
        address: Option.some({ coarse: "2001:db8:1::/48", subject: "2001:db8:1:2::/64" }),
        userAgent: Option.some("Mail/1.0")
      })
    })
  )

  it.effect("is the socket's address unless a proxy is trusted", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* read({ "x-forwarded-for": "203.0.113.7" }), {
        address: Option.some({ coarse: "10.0.0.0/24", subject: "10.0.0.1" }),
        userAgent: Option.none()
      })
    })
  )
})
