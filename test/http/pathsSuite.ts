import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { freshEmail, type OnService, postJson, send } from "./Service.ts"

const tagOf = (json: unknown): string =>
  Schema.decodeUnknownSync(Schema.Struct({ _tag: Schema.String }))(json)._tag

const JSON_BODY = JSON.stringify({ email: "someone@example.com", password: "TestPass123" })
const JSON_HEADERS = ["Content-Type: application/json", `Content-Length: ${JSON_BODY.length}`]

/** One spelling per path, its own methods, and the same care in every answer. */
export const pathsSuite = (it: OnService) =>
  describe("paths", () => {
    it.effect("a path has one spelling", () =>
      Effect.gen(function* () {
        const spellings = [
          "//auth/signup",
          "/auth/signup/",
          "/auth//signup",
          "/Auth/Signup",
          "/auth%2fsignup"
        ]
        spellings.push(
          "/auth%2Fsignup",
          "/%61uth/signup",
          "/auth/signup%2f",
          "/auth/signup;a=b",
          "/auth/./signup"
        )
        spellings.push(
          "/auth/x/../signup",
          "/auth/signup%00",
          "/auth/signup%20",
          "/",
          "/auth",
          "/nope"
        )
        for (const path of spellings) {
          const answer = yield* exchange([head(`POST ${path}`, JSON_HEADERS) + JSON_BODY])
          assert.strictEqual(statusOf(answer), 404, path)
          assert.include(answer.received, '"_tag":"NotFound"')
        }
      })
    )

    it.effect("a query changes nothing, and the absolute form of a target is the same path", () =>
      Effect.gen(function* () {
        for (const target of ["/health?a=b", "/health?", "http://localhost/health"]) {
          assert.strictEqual(statusOf(yield* exchange([head(`GET ${target}`)])), 200, target)
        }
      })
    )

    it.effect("a wrong method answers 405 and says in Allow which are right", () =>
      Effect.gen(function* () {
        const wrong = [
          ["GET", "/auth/signup", "OPTIONS, POST"],
          ["HEAD", "/auth/signup", "OPTIONS, POST"],
          ["DELETE", "/auth/session", "GET, HEAD, OPTIONS"],
          ["PUT", "/health", "GET, HEAD, OPTIONS"]
        ] as const
        for (const [method, path, allow] of wrong) {
          const answer = yield* send(path, { method })
          assert.strictEqual(answer.status, 405, `${method} ${path}`)
          assert.strictEqual(answer.headers.get("allow"), allow)
          if (method !== "HEAD") assert.strictEqual(tagOf(answer.json), "MethodNotAllowed")
        }
        assert.strictEqual(statusOf(yield* exchange([head("TRACE /health")])), 405)
      })
    )

    it.effect("OPTIONS answers which methods a path takes, and HEAD what GET would", () =>
      Effect.gen(function* () {
        const options = yield* send("/auth/signup", { method: "OPTIONS" })
        assert.strictEqual(options.status, 204)
        assert.strictEqual(options.headers.get("allow"), "OPTIONS, POST")
        const [get, headOnly] = yield* Effect.all([
          send("/health"),
          send("/health", { method: "HEAD" })
        ])
        assert.strictEqual(headOnly.status, 200)
        assert.strictEqual(headOnly.text, "")
        assert.strictEqual(
          headOnly.headers.get("content-length"),
          get.headers.get("content-length")
        )
      })
    )

    it.effect("what is no HTTP gets an answer like any other error", () =>
      Effect.gen(function* () {
        const noise = yield* exchange(["canary / nonsense\r\n\r\n"])
        assert.strictEqual(statusOf(noise), 400)
        assert.include(noise.received, '"_tag":"BadRequest"')
        assert.notInclude(noise.received, "canary")
      })
    )

    it.effect("headers that are too large get one, too, even to who sends on and on", () =>
      Effect.gen(function* () {
        const more = Array.from({ length: 128 }, () => "x".repeat(64 * 1024))
        const answer = yield* exchange(["GET /health HTTP/1.1\r\nX-Big: ", ...more])
        assert.strictEqual(statusOf(answer), 431)
        assert.include(answer.received, '"_tag":"HeadersTooLarge"')
      })
    )

    it.effect("an upgrade that is not offered is ignored", () =>
      Effect.gen(function* () {
        const upgrade = [
          "GET /health HTTP/1.1",
          "Host: a",
          "Connection: upgrade, close",
          "Upgrade: websocket"
        ]
        const answer = yield* exchange([`${upgrade.join("\r\n")}\r\n\r\n`])
        assert.strictEqual(statusOf(answer), 200)
      })
    )

    it.effect("every answer forbids caching, sniffing and framing", () =>
      Effect.gen(function* () {
        const answers = yield* Effect.all([
          send("/health"),
          send("/nope"),
          send("/auth/signup"),
          send("/auth/session"),
          postJson("/auth/signup", { email: freshEmail(), password: "TestPass123" }),
          postJson("/auth/signup", {})
        ])
        for (const { headers, status } of answers) {
          assert.strictEqual(headers.get("cache-control"), "no-store", String(status))
          assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
          assert.strictEqual(headers.get("referrer-policy"), "no-referrer")
          assert.include(headers.get("content-security-policy") ?? "", "default-src 'none'")
          assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f]{16}$/)
          assert.strictEqual(headers.get("content-type"), "application/json")
        }
      })
    )
  })
