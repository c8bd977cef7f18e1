import { createServer, type IncomingMessage } from "node:http"
import { FetchHttpClient, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Redacted, TestClock } from "effect"
import { BreachedPasswords } from "../../src/auth/BreachedPasswords.ts"
import { Password } from "../../src/auth/Password.ts"
import * as PwnedPasswords from "../../src/http/PwnedPasswords.ts"
import { captured } from "../support/Captured.ts"

const password = Password.make(Redacted.make("correct horse"))

/** SHA-1 of it, in the two halves that the API knows. */
const PREFIX = "2F9E5"
const SUFFIX = "3523B62ABC141A2B4D6019D23CBA835DBD0"

interface Answer {
  readonly status?: number
  readonly body: (prefix: string) => string
}

/** A range API on loopback, and the requests that it was sent. */
const rangeApi = ({ body, status = 200 }: Answer) =>
  Effect.gen(function* () {
    const requests: Array<{ readonly url: string; readonly headers: IncomingMessage["headers"] }> =
      []
    const server = createServer((request, response) => {
      const { headers, url = "" } = request
      requests.push({ url, headers })
      response.writeHead(status).end(body(url.slice(-5)))
    })
    const port = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address ? address.port : 0))
        })
      }),
      () => Effect.sync(() => server.closeAllConnections() ?? server.close())
    )
    return { requests, url: `http://127.0.0.1:${port}` }
  })

const check = (url: string) =>
  Effect.flatMap(BreachedPasswords, (breached) => breached.check(password)).pipe(
    Effect.provide(
      Layer.provide(PwnedPasswords.layer({ url, timeout: "5 seconds" }), FetchHttpClient.layer)
    )
  )

describe("PwnedPasswords", () => {
  it.scopedLive("knows a password by the rest of its digest, whatever the line endings", () =>
    Effect.gen(function* () {
      const lines = ["0000000000000000000000000000000000A:3", `${SUFFIX}:17`, "FFF:1"]
      for (const end of ["\n", "\r\n"]) {
        const { url } = yield* rangeApi({ body: () => lines.join(end) })
        assert.isTrue(yield* check(url))
      }
    })
  )

  it.scopedLive("does not know one that is absent, or only there as padding", () =>
    Effect.gen(function* () {
      for (const line of [
        "0000000000000000000000000000000000A:3",
        `${SUFFIX}:0`,
        "",
        `x${SUFFIX}:1`
      ]) {
        const { url } = yield* rangeApi({ body: () => line })
        assert.isFalse(yield* check(url), line)
      }
    })
  )

  it.scopedLive("sends five digits of the digest and nothing else, and asks for padding", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* rangeApi({ body: () => "" })
      yield* Effect.withSpan(check(url), "signUp")
      assert.strictEqual(requests.length, 1)
      const [request] = requests
      assert.strictEqual(request?.url, `/range/${PREFIX}`)
      assert.strictEqual(request?.headers["add-padding"], "true")
      assert.notProperty(request?.headers, "traceparent")
      assert.notInclude(JSON.stringify(request), SUFFIX.slice(0, 5))
      assert.notInclude(JSON.stringify(request), "horse")
    })
  )

  it.scopedLive("lets a password pass, and says so, when the API refuses or is away", () =>
    Effect.gen(function* () {
      const log = captured()
      const { url } = yield* rangeApi({ status: 503, body: () => `${SUFFIX}:17` })
      for (const address of [url, "http://127.0.0.1:1"]) {
        assert.isFalse(yield* Effect.provide(check(address), log.layer))
      }
      assert.strictEqual(log.lines.length, 2)
      assert.match(log.lines[0]?.message ?? "", /not looked up/)
      assert.notInclude(JSON.stringify(log.lines), PREFIX)
    })
  )

  it.effect("lets a password pass after 300 ms when nobody answers, even if nothing lets go", () =>
    Effect.gen(function* () {
      const stuck = HttpClient.make(() => Effect.uninterruptible(Effect.never))
      const breached = yield* Effect.provide(
        BreachedPasswords,
        Layer.provide(PwnedPasswords.layer(), Layer.succeed(HttpClient.HttpClient, stuck))
      )
      const fiber = yield* Effect.fork(Effect.timed(breached.check(password)))
      yield* TestClock.adjust("299 millis")
      assert.isNull(fiber.unsafePoll())
      yield* TestClock.adjust("1 millis")
      const [time, isBreached] = yield* Fiber.join(fiber)
      assert.isFalse(isBreached)
      assert.strictEqual(Duration.toMillis(time), 300)
    })
  )
})
