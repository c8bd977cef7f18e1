import { assert, layer } from "@effect/vitest"
import { Effect, type Layer, Schema } from "effect"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { freshEmail, post, postJson, type Service, send } from "./Service.ts"

const tagOf = (json: unknown): string =>
  Schema.decodeUnknownSync(Schema.Struct({ _tag: Schema.String }))(json)._tag

const InvalidRequest = Schema.decodeUnknownSync(
  Schema.Struct({
    _tag: Schema.Literal("InvalidRequest"),
    message: Schema.String,
    issues: Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String }))
  })
)

const JSON_BODY = JSON.stringify({ email: "someone@example.com", password: "TestPass123" })
const JSON_HEADERS = ["Content-Type: application/json", `Content-Length: ${JSON_BODY.length}`]

const megabytes = function* (count: number) {
  const chunk = Buffer.alloc(64 * 1024, "a")
  for (let sent = 0; sent < count * 1024 * 1024; sent += chunk.length) yield chunk
}

const chunked = function* (parts: Iterable<Uint8Array>) {
  for (const part of parts) {
    yield Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")])
  }
  yield "0\r\n\r\n"
}

/** One spelling per path, the right status for everything that is wrong, and nothing else. */
export const exactnessSuite = <E>(name: string, service: Layer.Layer<Service, E>) =>
  layer(service, { excludeTestServices: true })(name, (it) => {
    it.effect("a path has one spelling", () =>
      Effect.gen(function* () {
        const spellings = ["//auth/signup", "/auth/signup/", "/auth//signup", "/Auth/Signup", "/auth%2fsignup"]
        spellings.push("/auth%2Fsignup", "/%61uth/signup", "/auth/signup%2f", "/auth/signup;a=b", "/auth/./signup")
        spellings.push("/auth/x/../signup", "/auth/signup%00", "/auth/signup%20", "/", "/auth", "/nope")
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
        assert.strictEqual(headOnly.headers.get("content-length"), get.headers.get("content-length"))
      })
    )

    it.effect("a body that is not declared as JSON in UTF-8 answers 415", () =>
      Effect.gen(function* () {
        const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
        types.push("application/jsonp", "application/json, text/plain", "application/json; charset=utf-16")
        types.push("application/problem+json", "*/*", "xapplication/json")
        for (const type of types) {
          const answer = yield* post("/auth/signup", JSON_BODY, { "content-type": type })
          assert.strictEqual(answer.status, 415, type)
          assert.strictEqual(tagOf(answer.json), "UnsupportedMediaType")
        }
        const length = `Content-Length: ${JSON_BODY.length}`
        const untyped = yield* exchange([head("POST /auth/signup", [length]) + JSON_BODY])
        assert.strictEqual(statusOf(untyped), 415)
        const zipped = yield* post("/auth/signup", JSON_BODY, { "content-encoding": "gzip" })
        assert.strictEqual(zipped.status, 415)
      })
    )

    it.effect("JSON may be declared with parameters and in any case", () =>
      Effect.gen(function* () {
        const types = ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', "application/json ; v=1"]
        for (const type of types) {
          const body = JSON.stringify({ email: freshEmail(), password: "TestPass123" })
          assert.strictEqual((yield* post("/auth/signup", body, { "content-type": type })).status, 201, type)
        }
      })
    )

    it.effect("a body that is no JSON answers 400 and is not quoted", () =>
      Effect.gen(function* () {
        const bodies = ["", " ", "{", "canary", '{"email":canary}', "[canary", "\u0000", "{'a':1}", "NaN", "undefined"]
        const bytes = [[0xff, 0xfe], [0x22, 0xc3, 0x28, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xc0, 0x80]]
        for (const body of [...bodies, ...bytes.map((sequence) => Uint8Array.from(sequence))]) {
          const answer = yield* post("/auth/signup", body)
          assert.strictEqual(answer.status, 400, String(body))
          assert.deepStrictEqual(InvalidRequest(answer.json).issues, [])
          assert.notInclude(answer.text, "canary")
        }
      })
    )

    it.effect("fields that are wrong are all named, and what was sent in them is not", () =>
      Effect.gen(function* () {
        const wrong = { email: "canary-at-nowhere", password: "canary" }
        const answer = yield* postJson("/auth/signup", wrong)
        assert.strictEqual(answer.status, 400)
        const { issues, message } = InvalidRequest(answer.json)
        assert.sameMembers(issues.map(({ field }) => field), ["email", "password"])
        for (const issue of issues) assert.include(message, issue.message.replace(/\.$/, ""))
        assert.notInclude(answer.text, "canary")
      })
    )

    it.effect("missing fields, other types and odd keys answer 400", () =>
      Effect.gen(function* () {
        const credentials = JSON_BODY.slice(1, -1)
        const bodies = ["{}", "[]", "null", "1", '"text"', "true", `[${JSON_BODY}]`, "[".repeat(8000)]
        bodies.push(`{"__proto__":${JSON_BODY}}`, `{"constructor":{"prototype":${JSON_BODY}}}`)
        bodies.push("[".repeat(8000) + "]".repeat(8000), '{"email":'.repeat(1500) + "1" + "}".repeat(1500))
        bodies.push('{"email":"a@example.com","password":["TestPass123"]}', '{"email":{},"password":null}')
        bodies.push('{"email":"a@example.com","password":"Test\\u0000Pass"}')
        bodies.push('{"email":"a@example.com","password":"TestPass\\ud800"}')
        bodies.push('{"email":"a@example.com,b@example.com","password":"TestPass123"}')
        bodies.push(`{${credentials.replace("TestPass123", "p".repeat(9000))}}`)
        for (const body of bodies) {
          const answer = yield* post("/auth/signup", body)
          assert.strictEqual(answer.status, 400, body.slice(0, 80))
          InvalidRequest(answer.json)
        }
      })
    )

    it.effect("a byte order mark, odd keys beside the right ones and doubled keys do no harm", () =>
      Effect.gen(function* () {
        const signUp = (body: string) => Effect.map(post("/auth/signup", body), ({ status }) => status)
        const fresh = () => `"email":"${freshEmail()}","password":"TestPass123"`
        assert.strictEqual(yield* signUp(`\ufeff{${fresh()}}`), 201)
        assert.strictEqual(yield* signUp(`{${fresh()},"__proto__":{"email":1},"toString":1}`), 201)
        assert.strictEqual(yield* signUp(`{"email":1,${fresh()}}`), 201)
        assert.strictEqual(yield* signUp(`{${fresh()},"email":1}`), 400)
      })
    )

    it.effect("a body over 16 KiB answers 413, which arrives before an orderly close", () =>
      Effect.gen(function* () {
        const type = "Content-Type: application/json"
        const declared = head("POST /auth/signup", [type, `Content-Length: ${8 * 1024 * 1024}`])
        const undeclared = head("POST /auth/signup", [type, "Transfer-Encoding: chunked"])
        for (const parts of [
          [declared, ...megabytes(8)],
          [undeclared, ...chunked(megabytes(8))]
        ]) {
          const answer = yield* exchange(parts)
          assert.strictEqual(statusOf(answer), 413)
          assert.include(answer.received, '"_tag":"PayloadTooLarge"')
          assert.match(answer.received, /\r\nconnection: close\r\n/i)
          assert.strictEqual(answer.end, "closed")
        }
      })
    )

    it.effect("the limit is exact: 16384 bytes are read, one more is not", () =>
      Effect.gen(function* () {
        const padded = (size: number) => `{"padding":"${"x".repeat(size - 14)}"}`
        assert.strictEqual((yield* post("/auth/signup", padded(16384))).status, 400)
        assert.strictEqual((yield* post("/auth/signup", padded(16385))).status, 413)
        assert.strictEqual((yield* post("/auth/signup", "x".repeat(5_000_000))).status, 413)
      })
    )

    it.effect("who asks before sending a body that is too large is spared sending it", () =>
      Effect.gen(function* () {
        const headers = ["Content-Type: application/json", "Content-Length: 20000", "Expect: 100-continue"]
        const answer = yield* exchange([head("POST /auth/signup", headers)], "PayloadTooLarge")
        assert.strictEqual(statusOf(answer), 413)
      })
    )

    it.effect("what is no HTTP gets an answer like any other error", () =>
      Effect.gen(function* () {
        const noise = yield* exchange(["canary / nonsense\r\n\r\n"])
        assert.strictEqual(statusOf(noise), 400)
        assert.include(noise.received, '"_tag":"BadRequest"')
        assert.notInclude(noise.received, "canary")
        const big = yield* exchange([head("GET /health", [`X-Big: ${"x".repeat(100_000)}`])])
        assert.strictEqual(statusOf(big), 431)
        assert.include(big.received, '"_tag":"HeadersTooLarge"')
      })
    )

    it.effect("an upgrade that is not offered is ignored", () =>
      Effect.gen(function* () {
        const upgrade = ["GET /health HTTP/1.1", "Host: a", "Connection: upgrade, close", "Upgrade: websocket"]
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
