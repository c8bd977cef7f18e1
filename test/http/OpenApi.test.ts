import { readFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { createConfig, lintFromString } from "@redocly/openapi-core"
import { Effect, Schema } from "effect"
import { fakeFloors, serviceOver } from "./fakeService.ts"
import { type Service, send } from "./Service.ts"

const served = <A, E>(test: Effect.Effect<A, E, Service>) =>
  test.pipe(Effect.provide(serviceOver(fakeFloors)))

const Operation = Schema.Struct({
  operationId: Schema.String,
  summary: Schema.String,
  description: Schema.String,
  tags: Schema.Array(Schema.String),
  parameters: Schema.Array(Schema.Struct({ name: Schema.String, in: Schema.String })),
  security: Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Array(Schema.String) })),
  responses: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

const decodeDocument = Schema.decodeUnknownSync(
  Schema.Struct({
    openapi: Schema.String,
    info: Schema.Struct({ title: Schema.String, version: Schema.String }),
    paths: Schema.Record({
      key: Schema.String,
      value: Schema.Record({ key: Schema.String, value: Operation })
    })
  })
)

const decodeManifest = Schema.decodeUnknown(
  Schema.parseJson(Schema.Struct({ version: Schema.String }))
)

const document = Effect.map(send("/openapi.json"), ({ json }) => decodeDocument(json))

describe("OpenApi", () => {
  it.scopedLive("the document passes the linter's recommended rules without a remark", () =>
    Effect.gen(function* () {
      const { status, text } = yield* send("/openapi.json")
      assert.strictEqual(status, 200)
      const problems = yield* Effect.promise(async () =>
        lintFromString({
          source: text,
          absoluteRef: "openapi.json",
          config: await createConfig({ extends: ["recommended"] })
        })
      )
      assert.deepStrictEqual(
        problems.map(({ location, message, ruleId }) => [ruleId, message, location[0]?.pointer]),
        []
      )
    }).pipe(served)
  )

  it.scopedLive("every operation has every status that it can answer", () =>
    Effect.gen(function* () {
      const { paths } = yield* document
      const statuses = Object.entries(paths).flatMap(([path, operations]) =>
        Object.entries(operations).map(([method, { responses }]) => [
          `${method} ${path}`,
          Object.keys(responses).join(" ")
        ])
      )
      assert.deepStrictEqual(Object.fromEntries(statuses), {
        "post /auth/signup": "201 202 400 403 405 409 413 415 422 429 500 503",
        "post /auth/signin": "200 400 401 403 405 413 415 429 500 503",
        "post /auth/signout": "204 401 403 405 500 503",
        "get /auth/session": "200 401 405 500 503",
        "get /auth/sessions": "200 401 405 500 503",
        "delete /auth/sessions/{id}": "204 400 401 403 405 500 503",
        "delete /auth/sessions": "204 401 403 405 500 503",
        "post /auth/password/change": "200 400 401 403 405 413 415 429 500 503",
        "post /auth/password/reset-request": "202 400 403 405 413 415 429 500 503",
        "post /auth/password/reset": "204 400 403 405 413 415 429 500 503",
        "post /auth/email/verify-request": "202 401 403 405 429 500 503",
        "post /auth/email/verify": "204 400 403 405 409 413 415 429 500 503",
        "post /auth/email/change": "202 400 401 403 405 413 415 429 500 503",
        "delete /auth/account": "204 400 401 403 405 413 415 429 500 503",
        "get /health": "200 405 500 503",
        "get /health/ready": "200 405 500 503",
        "get /health/database": "200 405 500 503"
      })
    }).pipe(served)
  )

  it.scopedLive("only what needs a token asks for one", () =>
    Effect.gen(function* () {
      const { paths } = yield* document
      const secured = Object.entries(paths).flatMap(([path, operations]) =>
        Object.values(operations).flatMap(({ security }) => (security.length > 0 ? [path] : []))
      )
      assert.deepStrictEqual(secured, [
        "/auth/signout",
        "/auth/session",
        "/auth/sessions",
        "/auth/sessions",
        "/auth/sessions/{id}",
        "/auth/password/change",
        "/auth/email/verify-request",
        "/auth/email/change",
        "/auth/account"
      ])
    }).pipe(served)
  )

  it.scopedLive("what may come with a request beside its body is a parameter", () =>
    Effect.gen(function* () {
      const { paths } = yield* document
      const parameters = Object.entries(paths).flatMap(([path, operations]) =>
        Object.values(operations).flatMap(({ parameters }) =>
          parameters.map((parameter) => `${path}: ${parameter.in} ${parameter.name}`)
        )
      )
      assert.deepStrictEqual(parameters, [
        "/auth/signup: header Idempotency-Key",
        "/auth/signup: query transport",
        "/auth/signin: query transport",
        "/auth/sessions/{id}: path id",
        "/auth/password/change: query transport"
      ])
    }).pipe(served)
  )

  it.scopedLive("the document has the package's version", () =>
    Effect.gen(function* () {
      const manifest = yield* Effect.promise(() => readFile("package.json", "utf8"))
      const { version } = yield* decodeManifest(manifest)
      assert.strictEqual((yield* document).info.version, version)
    }).pipe(served)
  )

  it.scopedLive("the page at /docs holds all that it needs and may run nothing else", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* send("/docs")
      assert.strictEqual(status, 200)
      assert.include(headers.get("content-type") ?? "", "text/html")
      assert.notMatch(text.replaceAll(/<script>.*?<\/script>/gs, ""), /<script[^>]+src=|<link/)
      const policy = headers.get("content-security-policy") ?? ""
      assert.include(policy, "default-src 'none'")
      const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? ""
      assert.match(scripts, /^'sha256-[A-Za-z0-9+/]{43}='$/)
      assert.match(/style-src ([^;]*)/.exec(policy)?.[1] ?? "", /^'sha256-[A-Za-z0-9+/]{43}='$/)
    }).pipe(served)
  )
})
