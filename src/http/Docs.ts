import { createHash } from "node:crypto"
import { HttpApi, HttpApiBuilder, type HttpBody } from "@effect/platform"
import { Context, Effect, Layer } from "effect"

// The generator keeps its first document of an API, so the one with the right options comes first.
const document = HttpApiBuilder.middlewareOpenApi({
  path: "/openapi.json",
  // Fields may be added to answers, and unknown ones in requests are ignored.
  additionalPropertiesStrategy: "allow"
})

const page = Effect.promise(() => import("@effect/platform/HttpApiSwagger")).pipe(
  Effect.map((Swagger) => Swagger.layer({ path: "/docs" })),
  Layer.unwrapEffect
)

/** The routes of a layer, made when they are asked for first, and again if that has failed. */
const onDemand = (routes: Layer.Layer<never, never, HttpApi.Api>) =>
  Effect.map(Effect.zip(HttpApi.Api, Effect.makeSemaphore(1)), ([api, lock]) => {
    const site = Layer.provide(routes, Layer.succeed(HttpApi.Api, api)).pipe(
      Layer.provideMerge(HttpApiBuilder.Router.Live)
    )
    const router = Effect.flatMap(
      Layer.build(site),
      (context) => Context.get(context, HttpApiBuilder.Router).router
    )
    let made: Effect.Effect.Success<typeof router> | undefined
    const make = Effect.tap(Effect.scoped(router), (app) =>
      Effect.sync(() => {
        made = app
      })
    )
    return lock.withPermits(1)(
      Effect.suspend(() => (made === undefined ? make : Effect.succeed(made)))
    )
  })

/**
 * Serves the contract as `/openapi.json`, and a page to read and try it at `/docs`. Each is made when
 * somebody asks for the first time: the page has two megabytes, which would make every start longer.
 */
export const layer: Layer.Layer<never, never, HttpApi.Api> = HttpApiBuilder.Router.use((router) =>
  Effect.gen(function* () {
    yield* router.get("/openapi.json", Effect.flatten(yield* onDemand(document)))
    yield* router.get("/docs", Effect.flatten(yield* onDemand(Layer.provide(page, document))))
  })
)

const policies = new WeakMap<HttpBody.Uint8Array, string>()

/**
 * The Content-Security-Policy of the docs page, whose scripts and styles stand in the page itself:
 * they run because the policy lists their hashes, and nothing else does. Requests go to this
 * service only.
 *
 * Swagger UI needs no more: it draws with `data:` images, and sets styles from its script.
 */
export const contentSecurityPolicy = (page: HttpBody.Uint8Array): string => {
  const known = policies.get(page)
  if (known !== undefined) return known
  const html = new TextDecoder().decode(page.body)
  const policy = [
    "default-src 'none'",
    `script-src ${hashes(html, /<script>(.*?)<\/script>/gs)}`,
    `style-src ${hashes(html, /<style>(.*?)<\/style>/gs)}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join("; ")
  policies.set(page, policy)
  return policy
}

const hashes = (html: string, element: RegExp): string =>
  Array.from(html.matchAll(element), ([, content = ""]) => {
    return `'sha256-${createHash("sha256").update(content).digest("base64")}'`
  }).join(" ")
