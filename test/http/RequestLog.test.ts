import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Option } from "effect"
import { capturedLog, capturedSpans } from "./capturedLog.ts"
import { fakeFloors, floorsWith, serviceOver } from "./fakeService.ts"
import { bearer, freshEmail, postJson, Service, send } from "./Service.ts"

const password = "c4n4ry-Passw0rd"

describe("RequestLog", () => {
  it.scopedLive(
    "a defect answers 500 without saying what it was; the log has it, with the id",
    () => {
      const log = capturedLog()
      const broken = Effect.die(
        new Error('duplicate key violates "users_email_key": insert into users')
      )
      const floors = floorsWith({ accounts: { signUp: () => broken } })
      return Effect.gen(function* () {
        const answer = yield* postJson("/auth/signup", { email: freshEmail(), password })
        assert.strictEqual(answer.status, 500)
        assert.deepStrictEqual(Object.keys(Object(answer.json)).sort(), ["_tag", "message"])
        assert.include(answer.text, "InternalError")
        assert.notMatch(answer.text, /users|insert|key|Error:| at /)

        const logged = log.lines.find(({ level }) => level === "ERROR")
        assert.include(logged?.cause, "users_email_key")
        assert.strictEqual(logged?.annotations.requestId, answer.headers.get("x-request-id"))
      }).pipe(Effect.provide(serviceOver(floors, {}, log.layer)))
    }
  )

  it.scopedLive("a client who leaves is no error, and what it asked for is interrupted", () =>
    Effect.gen(function* () {
      const log = capturedLog()
      const started = yield* Deferred.make<void>()
      const interrupted = yield* Deferred.make<void>()
      const signUp = () =>
        Effect.zipRight(Deferred.succeed(started, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(interrupted, undefined))
        )
      yield* Effect.gen(function* () {
        const client = yield* Effect.fork(
          postJson("/auth/signup", { email: freshEmail(), password })
        )
        yield* Deferred.await(started)
        yield* Fiber.interrupt(client)
        yield* Deferred.await(interrupted)
      }).pipe(Effect.provide(serviceOver(floorsWith({ accounts: { signUp } }), {}, log.layer)))
      assert.deepStrictEqual(
        log.lines
          // The service may be told to end before the client's hanging up is seen.
          .filter(({ level, message }) => level !== "DEBUG" && !message.startsWith("Told to end"))
          .map(({ level, message }) => [level, message]),
        [["INFO", "POST /auth/signup 499"]]
      )
    })
  )

  it.scopedLive("a request has one line in the log, and health checks are quiet", () => {
    const log = capturedLog()
    return Effect.gen(function* () {
      yield* postJson("/auth/signup", { email: freshEmail(), password })
      yield* send("/auth/session?token=c4n4ry", bearer("c4n4ry"))
      yield* send("/c4n4ry/nope", { method: "DELETE" })
      yield* send("/health")
      yield* send("/health/database")
      assert.deepStrictEqual(
        log.lines.map(({ annotations: { method, route, status }, level }) => [
          level,
          method,
          route,
          status
        ]),
        [
          ["INFO", "POST", "/auth/signup", 201],
          ["INFO", "GET", "/auth/session", 401],
          ["INFO", "DELETE", "unknown", 404],
          ["DEBUG", "GET", "/health", 200],
          ["DEBUG", "GET", "/health/database", 200]
        ]
      )
      for (const { annotations } of log.lines) {
        assert.isNumber(annotations.durationMs)
        assert.match(String(annotations.requestId), /^[0-9a-f]{16}$/)
      }
    }).pipe(Effect.provide(serviceOver(fakeFloors, {}, log.layer)))
  })

  const elsewhere = { trace: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331" }

  it.scopedLive.each([
    ["nobody, unless a proxy is trusted", 0, undefined],
    ["who asks, behind a proxy that is trusted", 1, elsewhere.span]
  ] as const)("a trace is begun by %s", ([, trustedHops, parent]) => {
    const trace = capturedSpans()
    return Effect.gen(function* () {
      const { span, trace: traceId } = elsewhere
      for (const headers of [
        { traceparent: `00-${traceId}-${span}-00` },
        { b3: `${traceId}-${span}-0` },
        { "x-b3-traceid": traceId, "x-b3-spanid": span, "x-b3-sampled": "0" }
      ]) {
        yield* send("/health", { headers })
        const begun = trace.begun.at(-1)
        assert.strictEqual(begun?.name, "GET /health")
        assert.strictEqual(Option.getOrUndefined(begun?.parent ?? Option.none())?.spanId, parent)
        assert.strictEqual(begun?.traceId === traceId, parent !== undefined)
      }
    }).pipe(Effect.provide(serviceOver(fakeFloors, { trustedHops }, trace.layer)))
  })

  it.scopedLive("no line of the log and no span has a secret that was sent", () => {
    const log = capturedLog()
    const trace = capturedSpans()
    return Effect.gen(function* () {
      const { url } = yield* Service
      const headers = { "x-c4n4ry": "c4n4ry", cookie: "s=c4n4ry", authorization: "Bearer c4n4ry" }
      yield* postJson("/auth/signup", { email: freshEmail(), password })
      yield* postJson("/auth/signup", { email: "c4n4ry", password, c4n4ry: "c4n4ry" })
      yield* postJson(`/auth/signin?password=${password}`, { email: freshEmail(), password })
      yield* send("/auth/session?c4n4ry=c4n4ry", { headers })
      const untyped = { method: "POST", headers, body: password }
      yield* Effect.promise(() => fetch(`${url}/auth/signup/c4n4ry`, untyped))
      assert.strictEqual(log.lines.length, 5)
      assert.notInclude(JSON.stringify(log.lines), "c4n4ry")
      assert.include(trace.spans().join(), "POST /auth/signup")
      assert.notInclude(trace.spans().join(), "c4n4ry")
    }).pipe(Effect.provide(serviceOver(fakeFloors, {}, Layer.merge(log.layer, trace.layer))))
  })
})
