import { assert, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Option, TestClock } from "effect"
import { makeUntilAnswered } from "../../src/auth/IdempotentStatement.ts"
import { Pool } from "../../src/pool/index.ts"

const poolThatWaits = (acquireTimeout: Duration.Duration) => Layer.mock(Pool, { acquireTimeout })

it.effect("a short deadline is kept, also where the pool would wait for less", () =>
  Effect.gen(function* () {
    const untilAnswered = yield* makeUntilAnswered
    const fiber = yield* Effect.fork(Effect.flip(untilAnswered("3 seconds")(Effect.never)))
    yield* TestClock.adjust("3 seconds")
    assert.strictEqual((yield* Fiber.join(fiber))._tag, "DatabaseUnavailable")
  }).pipe(Effect.provide(poolThatWaits(Duration.seconds(2))))
)

it.effect("a statement ends at its deadline, also where the pool would wait for longer", () =>
  Effect.gen(function* () {
    const untilAnswered = yield* makeUntilAnswered
    const fiber = yield* Effect.fork(Effect.flip(untilAnswered("30 seconds")(Effect.never)))
    yield* TestClock.adjust("29 seconds")
    assert.isTrue(Option.isNone(yield* fiber.poll))
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* Fiber.join(fiber))._tag, "DatabaseUnavailable")
  }).pipe(Effect.provide(poolThatWaits(Duration.minutes(1))))
)
