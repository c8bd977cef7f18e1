import { assert, describe } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { freshEmail, type OnService, post, postJson } from "./Service.ts"

const tagOf = (json: unknown): string =>
  Schema.decodeUnknownSync(Schema.Struct({ _tag: Schema.String }))(json)._tag

const InvalidRequest = Schema.decodeUnknownSync(
  Schema.TaggedStruct("InvalidRequest", {
    message: Schema.String,
    issues: Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String }))
  })
)

const JSON_BODY = JSON.stringify({ email: "someone@example.com", password: "TestPass123" })

/** What is JSON and what is not, and which fields of it are wrong. */
export const jsonSuite = (it: OnService) =>
  describe("JSON", () => {
    it.effect("a body that is not declared as JSON in UTF-8 answers 415", () =>
      Effect.gen(function* () {
        const types = [
          "text/plain",
          "application/x-www-form-urlencoded",
          "multipart/form-data; boundary=x"
        ]
        types.push(
          "application/jsonp",
          "application/json, text/plain",
          "application/json; charset=utf-16"
        )
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
        const types = [
          "application/json; charset=utf-8",
          'Application/JSON;charset="UTF-8"',
          "application/json ; v=1"
        ]
        for (const type of types) {
          const body = JSON.stringify({ email: freshEmail(), password: "TestPass123" })
          assert.strictEqual(
            (yield* post("/auth/signup", body, { "content-type": type })).status,
            201,
            type
          )
        }
      })
    )

    it.effect("a body that is no JSON answers 400 and is not quoted", () =>
      Effect.gen(function* () {
        const bodies = [
          "",
          " ",
          "{",
          "canary",
          '{"email":canary}',
          "[canary",
          "\u0000",
          "{'a':1}",
          "NaN",
          "undefined"
        ]
        const bytes = [
          [0xff, 0xfe],
          [0x22, 0xc3, 0x28, 0x22],
          [0x22, 0xed, 0xa0, 0x80, 0x22],
          [0xc0, 0x80]
        ]
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
        assert.sameMembers(
          issues.map(({ field }) => field),
          ["email", "password"]
        )
        for (const issue of issues) assert.include(message, issue.message.replace(/\.$/, ""))
        assert.notInclude(answer.text, "canary")
      })
    )

    it.effect("missing fields, other types and odd keys answer 400", () =>
      Effect.gen(function* () {
        const credentials = JSON_BODY.slice(1, -1)
        const bodies = [
          "{}",
          "[]",
          "null",
          "1",
          '"text"',
          "true",
          `[${JSON_BODY}]`,
          "[".repeat(8000)
        ]
        bodies.push(`{"__proto__":${JSON_BODY}}`, `{"constructor":{"prototype":${JSON_BODY}}}`)
        bodies.push(
          "[".repeat(8000) + "]".repeat(8000),
          `${'{"email":'.repeat(1500)}1${"}".repeat(1500)}`
        )
        bodies.push(
          '{"email":"a@example.com","password":["TestPass123"]}',
          '{"email":{},"password":null}'
        )
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
        const signUp = (body: string) =>
          Effect.map(post("/auth/signup", body), ({ status }) => status)
        const fresh = () => `"email":"${freshEmail()}","password":"TestPass123"`
        assert.strictEqual(yield* signUp(`\ufeff{${fresh()}}`), 201)
        assert.strictEqual(yield* signUp(`{${fresh()},"__proto__":{"email":1},"toString":1}`), 201)
        assert.strictEqual(yield* signUp(`{"email":1,${fresh()}}`), 201)
        assert.strictEqual(yield* signUp(`{${fresh()},"email":1}`), 400)
      })
    )
  })
