import { assert, layer } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { fakeFloors, serviceOver } from "./fakeService.ts"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { freshEmail, post, postJson } from "./Service.ts"

const password = "TestPass123"

const tokenIn = (json: unknown): string =>
  Schema.decodeUnknownSync(
    Schema.Struct({ session: Schema.Struct({ sessionToken: Schema.String }) })
  )(json).session.sessionToken

layer(serviceOver(fakeFloors), { excludeTestServices: true, timeout: "1 minute" })(
  "a request is judged as it is understood",
  (it) => {
    it.effect.each([
      "transport=cookie",
      "transport=%63ookie",
      "%74ransport=cookie",
      "transport=cooki%65&x=1"
    ])("a foreign page is given no cookie, however it asks: ?%s", (query) =>
      Effect.gen(function* () {
        const email = freshEmail()
        yield* postJson("/auth/signup", { email, password })
        const answer = yield* post(`/auth/signin?${query}`, JSON.stringify({ email, password }), {
          origin: "https://evil.example",
          "sec-fetch-site": "cross-site"
        })
        assert.deepStrictEqual(answer.headers.getSetCookie(), [])
        assert.notStrictEqual(answer.status, 200)
      })
    )

    it.effect("a second Authorization header is seen, whatever stands between the two", () =>
      Effect.gen(function* () {
        const begun = yield* postJson("/auth/signup", { email: freshEmail(), password })
        const first = `Authorization: Bearer ${tokenIn(begun.json)}`
        const second = "Authorization: Bearer another"
        const ask = (between: ReadonlyArray<string>) =>
          Effect.map(exchange([head("GET /auth/session", [first, ...between, second])]), statusOf)
        assert.strictEqual(yield* ask([]), 401)
        const many = yield* ask(Array.from({ length: 2100 }, () => "a:"))
        assert.oneOf(many, [400, 401, 431])
      })
    )

    it.effect.each([
      "GET http://[/auth/session",
      "GET http://a:b:c/auth/session",
      "GET http://x:99999999/auth/session",
      "POST http://[::1/auth/signin?transport=cookie",
      "GET /auth/session?%",
      "GET /auth/session?a=%ff%00",
      "GET /auth/session?__proto__=1&__proto__=2",
      "DELETE /auth/sessions/__proto__",
      "DELETE /auth/sessions/..",
      "GET http:///auth/session"
    ])("is never a defect: %s", (line) =>
      Effect.map(exchange([head(line)]), (answer) => {
        assert.isBelow(statusOf(answer), 500, answer.received.slice(0, 200))
      })
    )
  }
)
