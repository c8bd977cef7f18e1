import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Either } from "effect"
import { parseOrigins } from "../../src/http/Cors.ts"
import { fakeFloors, serviceOver } from "./fakeService.ts"
import { freshEmail, post, send } from "./Service.ts"

const app = "https://app.example.com"

const evil = [
  "https://evil.example",
  "null",
  `${app}.evil.example`,
  "http://app.example.com",
  `${app}/`
]

const cors = (headers: Headers) =>
  [...headers.keys()].filter((name) => name.startsWith("access-control-"))

const preflight = (origin: string, path = "/auth/signup", method = "POST") =>
  send(path, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": method,
      "access-control-request-headers": "content-type"
    }
  })

layer(serviceOver(fakeFloors, { corsOrigins: new Set([app, "http://localhost:5173"]) }), {
  excludeTestServices: true
})("with CORS_ORIGINS", (it) => {
  it.effect("a page of a listed origin may read every answer, also those of errors", () =>
    Effect.gen(function* () {
      const headers = { origin: app }
      const body = JSON.stringify({ email: freshEmail(), password: "TestPass123" })
      const answers = yield* Effect.all([
        post("/auth/signup", body, headers),
        post("/auth/signup", body, headers),
        post("/auth/signup", "{", headers),
        send("/auth/session", { headers }),
        send("/nope", { headers }),
        send("/auth/session", { method: "PUT", headers })
      ])
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [201, 409, 400, 401, 404, 405]
      )
      for (const answer of answers) {
        assert.strictEqual(answer.headers.get("access-control-allow-origin"), app)
        assert.strictEqual(answer.headers.get("access-control-allow-credentials"), "true")
        assert.strictEqual(answer.headers.get("vary"), "Origin")
        assert.include(answer.headers.get("access-control-expose-headers"), "retry-after")
      }
    })
  )

  it.effect(
    "a page of any other origin may read none, and caches are told apart all the same",
    () =>
      Effect.gen(function* () {
        for (const origin of evil) {
          for (const answer of [
            yield* send("/health", { headers: { origin } }),
            yield* preflight(origin)
          ]) {
            assert.deepStrictEqual(cors(answer.headers), [], origin)
            assert.strictEqual(answer.headers.get("vary"), "Origin")
          }
        }
        assert.strictEqual((yield* send("/health")).headers.get("vary"), "Origin")
      })
  )

  it.effect("a preflight is answered with the methods of the path and what may be sent", () =>
    Effect.gen(function* () {
      const answer = yield* preflight(app)
      assert.strictEqual(answer.status, 204)
      assert.strictEqual(answer.text, "")
      assert.strictEqual(answer.headers.get("access-control-allow-methods"), "OPTIONS, POST")
      const allowed = answer.headers.get("access-control-allow-headers")
      assert.strictEqual(allowed, "authorization, content-type, idempotency-key")
      assert.strictEqual(answer.headers.get("access-control-max-age"), "600")
      const session = yield* preflight(app, "/auth/session", "DELETE")
      const methods = session.headers.get("access-control-allow-methods")
      assert.strictEqual(methods, "GET, HEAD, OPTIONS")
      assert.strictEqual((yield* preflight(app, "/nope")).status, 404)
    })
  )

  it.effect("a page of a listed origin may act with the session's cookie", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ email: freshEmail(), password: "TestPass123" })
      const origin = { origin: app, "sec-fetch-site": "cross-site" }
      const signUp = yield* post("/auth/signup?transport=cookie", body, origin)
      assert.strictEqual(signUp.status, 201)
      const [cookie = ""] = (signUp.headers.getSetCookie()[0] ?? "").split(";")
      const headers = { cookie, ...origin }
      assert.strictEqual((yield* send("/auth/signout", { method: "POST", headers })).status, 204)
    })
  )
})

describe("without CORS_ORIGINS", () => {
  it.scopedLive(
    "no page of another origin may read anything, and there is nothing to vary by",
    () =>
      Effect.gen(function* () {
        for (const answer of [
          yield* send("/health", { headers: { origin: app } }),
          yield* preflight(app),
          yield* preflight("null")
        ]) {
          assert.deepStrictEqual(cors(answer.headers), [])
          assert.isNull(answer.headers.get("vary"))
        }
      }).pipe(Effect.provide(serviceOver(fakeFloors)))
  )
})

describe("CORS_ORIGINS", () => {
  it("is exact origins with commas between", () => {
    const origins = Either.getOrThrow(parseOrigins(` ${app} ,http://localhost:5173,, `))
    assert.deepStrictEqual([...origins], [app, "http://localhost:5173"])
    assert.deepStrictEqual([...Either.getOrThrow(parseOrigins(""))], [])
  })

  it.each([
    "*",
    "null",
    "app.example.com",
    `${app}/`,
    `${app}/path`,
    `${app}:443`,
    "https://App.example.com",
    "https://*.example.com",
    "https://user@app.example.com",
    "file:///tmp"
  ])("%s is refused by name", (origin) => {
    const sentence = Either.getOrThrow(Either.flip(parseOrigins(`${app},${origin}`)))
    assert.include(sentence, `${origin} is none`)
  })
})
