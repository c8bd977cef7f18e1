import { describe, expect, it } from "@effect/vitest"
import { Effect, Either, Exit, FastCheck, Fiber, TestClock } from "effect"
import { type HashingQueue, makeHashingQueue } from "../../src/auth/HashingQueue.ts"
import { settled } from "../support/Captured.ts"

const config = { permits: 2, maxWaiting: 3, maxWait: "10 seconds" } as const

const waitingRoom = (inTurn: HashingQueue, entered: Array<number>) => (id: number) =>
  Effect.fork(
    Effect.either(
      inTurn(
        Effect.as(
          Effect.zipRight(
            Effect.sync(() => entered.push(id)),
            Effect.sleep("4 seconds")
          ),
          id
        )
      )
    )
  )

describe("the queue for hashing", () => {
  it.scoped("lets in its permits, then who waits in order of coming, and refuses the rest", () =>
    Effect.gen(function* () {
      const entered: Array<number> = []
      const enter = waitingRoom(yield* makeHashingQueue(config), entered)
      const fibers = yield* Effect.forEach([0, 1, 2, 3, 4, 5, 6], enter)
      yield* settled
      expect(entered).toEqual([0, 1])
      for (const late of fibers.slice(5)) {
        expect(Either.isLeft(yield* Fiber.join(late))).toBe(true)
      }
      yield* TestClock.adjust("4 seconds")
      expect(entered).toEqual([0, 1, 2, 3])
      yield* TestClock.adjust("8 seconds")
      expect(entered).toEqual([0, 1, 2, 3, 4])
      const served = yield* Effect.forEach(fibers.slice(0, 5), Fiber.join)
      expect(served.map(Either.getOrThrow)).toEqual([0, 1, 2, 3, 4])
    })
  )

  it.scoped("refuses who has waited too long, and never who is at work", () =>
    Effect.gen(function* () {
      const inTurn = yield* makeHashingQueue({ ...config, permits: 1 })
      const working = yield* Effect.fork(inTurn(Effect.sleep("1 hour")))
      yield* settled
      const waiting = yield* Effect.fork(Effect.flip(inTurn(Effect.void)))
      yield* TestClock.adjust("9999 millis")
      expect(yield* Fiber.poll(waiting)).toMatchObject({ _tag: "None" })
      yield* TestClock.adjust("1 millis")
      expect(yield* Fiber.join(waiting)).toMatchObject({ _tag: "HashingOverloaded" })
      yield* TestClock.adjust("1 hour")
      expect(Exit.isSuccess(yield* Fiber.await(working))).toBe(true)
    })
  )

  it.scoped("gives the place of who is interrupted to someone else", () =>
    Effect.gen(function* () {
      const entered: Array<number> = []
      const enter = waitingRoom(yield* makeHashingQueue({ ...config, permits: 1 }), entered)
      const [, second, ...others] = yield* Effect.forEach([0, 1, 2, 3], enter)
      yield* settled
      if (second !== undefined) yield* Fiber.interrupt(second)
      others.push(yield* enter(4))
      yield* TestClock.adjust("1 minute")
      expect(entered).toEqual([0, 2, 3])
      yield* Effect.forEach(others, Fiber.join)
    })
  )

  it.scoped("keeps the permit of interrupted work until its thread is done", () =>
    Effect.gen(function* () {
      const entered: Array<number> = []
      const enter = waitingRoom(yield* makeHashingQueue({ ...config, permits: 1 }), entered)
      const first = yield* enter(0)
      yield* settled
      yield* Fiber.interruptFork(first)
      yield* enter(1)
      yield* TestClock.adjust("3999 millis")
      expect(entered).toEqual([0])
      yield* TestClock.adjust("1 minute")
      expect(entered).toEqual([0, 1])
    })
  )

  it.scoped.prop(
    "has all its places again when everyone has left, however they left",
    [
      FastCheck.array(
        FastCheck.record({
          interruptAfter: FastCheck.option(
            FastCheck.oneof(
              FastCheck.nat(20_000),
              // In the moment in which somebody is let in.
              FastCheck.constantFrom(0, 4000, 8000, 12_000)
            )
          )
        }),
        { maxLength: 9 }
      )
    ],
    ([visitors]) =>
      Effect.gen(function* () {
        const entered: Array<number> = []
        const enter = waitingRoom(yield* makeHashingQueue(config), entered)
        for (const [id, { interruptAfter }] of visitors.entries()) {
          const fiber = yield* enter(id)
          if (interruptAfter === null) continue
          yield* Effect.fork(Effect.delay(Fiber.interrupt(fiber), interruptAfter))
        }
        yield* TestClock.adjust("1 minute")
        entered.length = 0
        const places = yield* Effect.forEach([0, 1, 2, 3, 4], enter)
        yield* settled
        expect(entered).toEqual([0, 1])
        yield* TestClock.adjust("1 minute")
        expect((yield* Effect.forEach(places, Fiber.join)).every(Either.isRight)).toBe(true)
      }),
    { fastCheck: { numRuns: 15 } }
  )
})
