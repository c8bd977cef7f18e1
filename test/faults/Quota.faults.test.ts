import { randomUUID } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { Server } from "../../src/http/Server.ts"
import { Pool } from "../../src/pool/index.ts"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { network } from "../support/ProxiedClient.ts"
import { runningService } from "../support/RunningService.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** As Neon's proxy says it. */
const overQuota = {
  sqlState: "XX000",
  severity: "ERROR",
  message:
    "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits."
} as const

const usedUp = Effect.flatMap(FaultProxy, ({ connectionLimit, resetAll }) =>
  Effect.zipRight(connectionLimit(0, overQuota), resetAll)
)

const service = Layer.unwrapEffect(
  Effect.gen(function* () {
    const { url } = yield* TestDatabase
    return runningService((yield* FaultProxy).url(url))
  })
)

const signUp = Effect.gen(function* () {
  const { url } = yield* Server
  const response = yield* Effect.promise(() =>
    fetch(`${url}/auth/signup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: `${randomUUID()}@example.com`, password: "TestPass123" })
    })
  )
  return { status: response.status, retryAfter: Number(response.headers.get("retry-after")) }
})

/** Ten sign-ups, of which at most one has the database dialed. */
const refusedForAMinute = Effect.gen(function* () {
  const { stats } = yield* FaultProxy
  const { accepted } = yield* stats
  for (const _ of Array.from({ length: 10 })) {
    const { retryAfter, status } = yield* signUp
    assert.strictEqual(status, 503)
    assert.isAtLeast(retryAfter, 50)
    // And up to a quarter, so that many do not come back in step.
    assert.isAtMost(retryAfter, 75)
  }
  assert.isAtMost((yield* stats).accepted, accepted + 1)
})

const stage = Layer.provideMerge(network, TestDatabase.address)

describe("a quota that is used up", () => {
  it.scopedLive(
    "is answered 503 with its minute, in which nobody dials",
    () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* signUp).status, 201)
        yield* usedUp
        yield* refusedForAMinute
      }).pipe(Effect.provide(Layer.provideMerge(service, stage))),
    60_000
  )

  it.scopedLive(
    "is answered 503 also from the start, and ends no service",
    () =>
      Effect.zipRight(
        usedUp,
        Effect.gen(function* () {
          const { ready } = yield* Pool
          const ended = yield* Effect.fork(Effect.exit(ready))
          yield* refusedForAMinute
          assert.isNull(ended.unsafePoll())
          yield* Fiber.interrupt(ended)
        }).pipe(Effect.provide(service))
      ).pipe(Effect.provide(stage)),
    60_000
  )
})
