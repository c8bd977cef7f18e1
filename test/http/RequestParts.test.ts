import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpServer
} from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as RequestParts from "../../src/http/RequestParts.ts"

class Things extends HttpApiGroup.make("things").add(
  HttpApiEndpoint.get("thing", "/things/:id")
    .setPath(Schema.Struct({ id: Schema.UUID }))
    .setHeaders(Schema.Struct({ "x-colour": Schema.Literal("red") }))
    .setUrlParams(Schema.Struct({ size: Schema.NumberFromString }))
    .addSuccess(Schema.String)
) {}

class ThingsApi extends HttpApi.make("things").add(Things) {}

const things = HttpApiBuilder.group(ThingsApi, "things", (handlers) =>
  handlers.handle("thing", () => Effect.succeed("a thing"))
)

const ask = (path: string, headers: Record<string, string>) =>
  Effect.acquireUseRelease(
    Effect.sync(() =>
      HttpApiBuilder.toWebHandler(
        Layer.mergeAll(
          Layer.provide(HttpApiBuilder.api(ThingsApi), things),
          RequestParts.layer,
          HttpServer.layerContext
        )
      )
    ),
    ({ handler }) =>
      Effect.promise(async () => {
        const answer = await handler(new Request(`http://localhost${path}`, { headers }))
        return { status: answer.status, json: JSON.parse(await answer.text()) }
      }),
    ({ dispose }) => Effect.promise(dispose)
  )

const id = "2f8a8d0e-8f0c-4c07-8a57-2b5a1c1f0a11"

describe("a part of a request that can't be decoded", () => {
  it.effect.each([
    ["/things/c4n4ry?size=1", "red", "id"],
    [`/things/${id}?size=c4n4ry`, "red", "size"],
    [`/things/${id}?size=1`, "c4n4ry", "x-colour"]
  ] as const)("is named in a 400, and not quoted: %s", ([path, colour, field]) =>
    Effect.gen(function* () {
      const { json, status } = yield* ask(path, { "x-colour": colour })
      assert.strictEqual(status, 400)
      assert.deepStrictEqual(json, {
        _tag: "InvalidRequest",
        message: `The request is not valid. ${field}: is not valid.`,
        issues: [{ field, message: "is not valid" }]
      })
    })
  )

  it.effect("does not hide an answer to one that can", () =>
    Effect.gen(function* () {
      const { json, status } = yield* ask(`/things/${id}?size=1`, { "x-colour": "red" })
      assert.deepStrictEqual([status, json], [200, "a thing"])
    })
  )
})
