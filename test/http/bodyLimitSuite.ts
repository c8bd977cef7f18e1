import { assert, describe } from "@effect/vitest"
import { Effect } from "effect"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { type OnService, post } from "./Service.ts"

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

/** What is too large is refused in a way that the client can read. */
export const bodyLimitSuite = (it: OnService) =>
  describe("the body limit", () => {
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
        const headers = [
          "Content-Type: application/json",
          "Content-Length: 20000",
          "Expect: 100-continue"
        ]
        const answer = yield* exchange([head("POST /auth/signup", headers)], "PayloadTooLarge")
        assert.strictEqual(statusOf(answer), 413)
      })
    )
  })
