import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, FiberRef } from "effect"
import { locally } from "../../src/runtime/locally.ts"

const ref = FiberRef.unsafeMake("outside")

/** What the fiber finds there behind an effect, however that ends. */
const behind = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.zip(Effect.exit(effect), FiberRef.get(ref))

const ends = {
  success: Effect.succeed("done"),
  failure: Effect.fail("failed"),
  defect: Effect.die("broken")
} as const

const regions = { interruptible: Effect.interruptible, uninterruptible: Effect.uninterruptible }

describe("a value of a fiber for one effect alone", () => {
  for (const [region, within] of Object.entries(regions)) {
    for (const [name, end] of Object.entries(ends)) {
      it.effect(`is gone behind a ${name}, in an ${region} region`, () =>
        Effect.gen(function* () {
          const seen: Array<string> = []
          const looking = Effect.map(FiberRef.get(ref), (value) => seen.push(value))
          const effect: Effect.Effect<string, string> = Effect.zipRight(looking, end)
          const [exit, after] = yield* behind(within(locally(effect, ref, "inside")))
          assert.deepStrictEqual(exit, yield* Effect.exit(end))
          assert.deepStrictEqual([...seen, after], ["inside", "outside"])
        })
      )
    }
  }

  it.effect("is gone when what comes behind an interrupt is run", () =>
    Effect.gen(function* () {
      const isInside = yield* Deferred.make<void>()
      const waiting = Effect.zipRight(Deferred.succeed(isInside, undefined), Effect.never)
      let after = ""
      const fiber = yield* locally(waiting, ref, "inside").pipe(
        Effect.onInterrupt(() =>
          Effect.map(FiberRef.get(ref), (value) => {
            after = value
          })
        ),
        Effect.fork
      )
      yield* Deferred.await(isInside)
      assert.isTrue(Exit.isInterrupted(yield* Fiber.interrupt(fiber)))
      assert.strictEqual(after, "outside")
    })
  )

  it.effect("leaves an effect as interruptible as it was", () =>
    Effect.gen(function* () {
      const own = locally(
        Effect.checkInterruptible((is) => Effect.succeed(is)),
        ref,
        "inside"
      )
      assert.isTrue(yield* Effect.interruptible(own))
      assert.isFalse(yield* Effect.uninterruptible(own))
    })
  )

  it.effect("stays with what was forked inside, and is none of who waits for it", () =>
    Effect.gen(function* () {
      const fiber = yield* locally(Effect.fork(FiberRef.get(ref)), ref, "inside")
      assert.strictEqual(yield* Fiber.join(fiber), "inside")
      assert.strictEqual(yield* FiberRef.get(ref), "outside")
    })
  )

  it.effect("can be set within itself", () =>
    Effect.gen(function* () {
      const inner = behind(locally(Effect.void, ref, "further inside"))
      const [exit, after] = yield* locally(inner, ref, "inside")
      assert.isTrue(Exit.isSuccess(exit))
      assert.strictEqual(after, "inside")
    })
  )
})
