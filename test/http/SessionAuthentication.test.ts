import { HttpServerRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Redacted } from "effect"
import { tokenIfAny } from "../../src/http/SessionAuthentication.ts"

const one = "A".repeat(43)
const other = `${"B".repeat(42)}A`

const read = (headers: Record<string, string>) =>
  tokenIfAny.pipe(
    Effect.map(Option.map(Redacted.value)),
    Effect.map(Option.getOrNull),
    Effect.provideService(
      HttpServerRequest.HttpServerRequest,
      HttpServerRequest.fromWeb(new Request("http://localhost/", { headers }))
    )
  )

describe("a token that comes with a request for which none is needed", () => {
  it.effect("is the bearer token, else the cookie, else none", () =>
    Effect.gen(function* () {
      const cookie = `__Host-session=${other}`
      assert.strictEqual(yield* read({ authorization: `Bearer ${one}`, cookie }), one)
      assert.strictEqual(yield* read({ cookie }), other)
      assert.isNull(yield* read({}))
    })
  )

  it.effect("is none when it can't be one", () =>
    Effect.gen(function* () {
      assert.isNull(yield* read({ authorization: "Basic YTpi", cookie: `__Host-session=${one}` }))
      assert.isNull(yield* read({ cookie: "__Host-session=nonsense" }))
    })
  )
})
