import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit } from "effect"
import { DatabaseUnavailable, HashingOverloaded } from "../../src/auth/AuthError.ts"
import { floorsWith, serviceOver } from "./fakeService.ts"
import { exchange, head, statusOf } from "./RawSocket.ts"
import { type Answer, bearer, freshEmail, postJson, send } from "./Service.ts"

const credentials = () => ({ email: freshEmail(), password: "TestPass123" })

const token = "A".repeat(43)

const assertUnavailable = (answer: Answer, tag: string, retryAfter: string) => {
  assert.strictEqual(answer.status, 503)
  assert.include(answer.text, `"_tag":"${tag}"`)
  assert.strictEqual(answer.headers.get("retry-after"), retryAfter)
  assert.isNull(answer.headers.get("www-authenticate"))
}

describe("Unavailable", () => {
  it.scopedLive(
    "a database that is away answers 503 with Retry-After everywhere, never 401",
    () => {
      const away = new DatabaseUnavailable({ retryAfterSeconds: 7 })
      const floors = floorsWith({
        accounts: { signUp: () => away, signIn: () => away },
        sessions: { validate: () => away, revoke: () => away }
      })
      return Effect.gen(function* () {
        const answers = yield* Effect.all([
          postJson("/auth/signup", credentials()),
          postJson("/auth/signin", credentials()),
          send("/auth/session", bearer(token)),
          send("/auth/signout", { method: "POST", ...bearer(token) })
        ])
        for (const answer of answers) assertUnavailable(answer, "DatabaseUnavailable", "7")
        assert.strictEqual((yield* send("/health")).status, 200)
      }).pipe(Effect.provide(serviceOver(floors)))
    }
  )

  it.scopedLive("hashing that is overloaded answers 503 with Retry-After", () => {
    const overloaded = new HashingOverloaded({ retryAfterSeconds: 2 })
    const floors = floorsWith({ accounts: { signUp: () => overloaded, signIn: () => overloaded } })
    return Effect.gen(function* () {
      for (const path of ["/auth/signup", "/auth/signin"]) {
        assertUnavailable(yield* postJson(path, credentials()), "HashingOverloaded", "2")
      }
    }).pipe(Effect.provide(serviceOver(floors)))
  })

  it.scopedLive("a request over its deadline is given up: interrupted and answered 503", () =>
    Effect.gen(function* () {
      const ended = yield* Deferred.make<boolean>()
      const signUp = () =>
        Effect.onExit(Effect.never, (exit) => Deferred.succeed(ended, Exit.isInterrupted(exit)))
      const service = serviceOver(floorsWith({ accounts: { signUp } }), {
        requestDeadline: "100 millis"
      })
      yield* Effect.gen(function* () {
        assertUnavailable(yield* postJson("/auth/signup", credentials()), "DeadlineExceeded", "1")
        assert.isTrue(yield* Deferred.await(ended))
      }).pipe(Effect.provide(service))
    })
  )

  it.scopedLive(
    "a body that does not come whole before the deadline is answered 503 all the same",
    () =>
      Effect.gen(function* () {
        const type = "Content-Type: application/json"
        for (const framing of ["Content-Length: 60", "Transfer-Encoding: chunked"]) {
          const begun = [head("POST /auth/signup", [type, framing]), '6\r\n{"emai']
          const answer = yield* exchange(begun, "DeadlineExceeded")
          assert.strictEqual(statusOf(answer), 503)
        }
      }).pipe(Effect.provide(serviceOver(floorsWith({}), { requestDeadline: "100 millis" })))
  )
})
