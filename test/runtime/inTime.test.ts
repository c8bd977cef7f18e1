import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FiberRef,
  TestClock
} from "effect"
import { inTime } from "../../src/runtime/inTime.ts"

const limit = { duration: Duration.seconds(3), onTimeout: () => "too late" } as const

class Word extends Context.Tag("test/Word")<Word, string>() {}

describe("an effect within its time", () => {
  it.effect("ends as it ends by itself, in what its caller stands in", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* inTime(Word, limit).pipe(Effect.provideService(Word, "own")), "own")
      for (const exit of [
        Exit.fail("failed"),
        Exit.die("broken"),
        Exit.interrupt(yield* Effect.fiberId)
      ]) {
        assert.deepStrictEqual(yield* Effect.exit(inTime(exit, limit)), exit)
      }
    })
  )

  it.effect("is interrupted when the time is up, and not before", () =>
    Effect.gen(function* () {
      let wasInterrupted = false
      const waiting = Effect.onInterrupt(Effect.never, () =>
        Effect.sync(() => {
          wasInterrupted = true
        })
      )
      const fiber = yield* Effect.fork(Effect.flip(inTime(waiting, limit)))
      yield* TestClock.adjust("2999 millis")
      assert.isFalse(wasInterrupted)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Fiber.join(fiber), "too late")
      assert.isTrue(wasInterrupted)
    })
  )

  it.effect("can be ended where its caller can't", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.fork(
        Effect.uninterruptible(Effect.flip(inTime(Effect.never, limit)))
      )
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "too late")
    })
  )

  it.effect("is over with its caller: nothing of it goes on behind an interrupt", () =>
    Effect.gen(function* () {
      const isInside = yield* Deferred.make<void>()
      let isOver = false
      const inside = Deferred.succeed(isInside, undefined).pipe(
        Effect.zipRight(Effect.never),
        Effect.ensuring(
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.sync(() => {
              isOver = true
            })
          )
        )
      )
      const fiber = yield* Effect.fork(inTime(inside, limit))
      yield* Deferred.await(isInside)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.isTrue(isOver)
    })
  )

  it.effect("leaves to its caller what it has set, unless it fails", () =>
    Effect.gen(function* () {
      const ref = FiberRef.unsafeMake("as it was")
      yield* inTime(FiberRef.set(ref, "set"), limit)
      assert.strictEqual(yield* FiberRef.get(ref), "set")
      const failed = Effect.zipRight(FiberRef.set(ref, "set in vain"), Effect.fail("failed"))
      yield* Effect.flip(inTime(failed, limit))
      assert.strictEqual(yield* FiberRef.get(ref), "set")
    })
  )

  it.effect("has one timer with a hundred others, which rests when the last one has ended", () =>
    Effect.gen(function* () {
      const all = Effect.forEach(
        Array.from({ length: 100 }),
        () => inTime(Effect.sleep("1 second"), limit),
        { concurrency: "unbounded", discard: true }
      )
      const fiber = yield* Effect.fork(all)
      yield* TestClock.adjust("500 millis")
      assert.strictEqual(Chunk.size(yield* TestClock.sleeps()), 101)
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(fiber)
      yield* TestClock.adjust("100 millis")
      assert.strictEqual(Chunk.size(yield* TestClock.sleeps()), 0)
    })
  )
})
