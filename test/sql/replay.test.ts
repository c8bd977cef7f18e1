import { TransactionConnection } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, TestClock } from "effect"
import { AcquireTimeout, ConnectError } from "../../src/pool/PoolError.ts"
import { fromAcquire, fromCause, PgError } from "../../src/sql/failure/PgError.ts"
import { replay } from "../../src/sql/statement/replay.ts"

const lost = (sent: boolean) =>
  fromCause(Object.assign(new Error("reset"), { code: "ECONNRESET" }), {
    phase: "statement",
    sent,
    inTransaction: false
  })

/** An effect that fails a number of times before it succeeds, and the times of its runs. */
const failing = (times: number, error: PgError) => {
  const runs: Array<number> = []
  const effect = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    runs.push(now)
    return runs.length > times ? Effect.succeed("done") : Effect.fail(error)
  })
  return { effect, runs }
}

describe("replay", () => {
  it.effect("runs again at once, then after growing delays, what was not sent", () =>
    Effect.gen(function* () {
      const { effect, runs } = failing(4, lost(false))
      const fiber = yield* Effect.fork(replay(effect))
      yield* TestClock.adjust(Duration.seconds(5))
      assert.strictEqual(yield* Fiber.join(fiber), "done")
      assert.strictEqual(runs[1], runs[0])
      const waits = runs.slice(2).map((run, index) => run - (runs[index + 1] ?? 0))
      waits.forEach((wait, index) => {
        assert.isAtLeast(wait, 100 * 2 ** index * 0.79)
        assert.isAtMost(wait, 100 * 2 ** index * 1.21)
      })
    })
  )

  it.effect("does not run again what may have taken effect, unless that does no harm", () =>
    Effect.gen(function* () {
      const careful = failing(1, lost(true))
      assert.strictEqual((yield* Effect.flip(replay(careful.effect))).outcome, "Unknown")
      assert.strictEqual(careful.runs.length, 1)
      const harmless = failing(1, lost(true))
      assert.strictEqual(yield* replay(harmless.effect, { idempotent: true }), "done")
    })
  )

  it.effect("does not run again what will fail again", () =>
    Effect.gen(function* () {
      const syntax = fromCause(
        Object.assign(new Error("?"), { code: "42601", severity: "ERROR" }),
        {
          phase: "statement",
          sent: true,
          inTransaction: false
        }
      )
      const { effect, runs } = failing(9, syntax)
      assert.strictEqual(yield* Effect.flip(replay(effect, { idempotent: true })), syntax)
      assert.strictEqual(runs.length, 1)
    })
  )

  it.effect("ends at its deadline, also when a run hangs, and tells the last failure", () =>
    Effect.gen(function* () {
      const ending = failing(1_000, lost(false))
      const fiber = yield* Effect.fork(
        Effect.flip(replay(ending.effect, { deadline: "3 seconds" }))
      )
      const hanging = yield* Effect.fork(
        Effect.flip(replay(Effect.never, { deadline: "3 seconds" }))
      )
      yield* TestClock.adjust(Duration.seconds(3))
      assert.include((yield* Fiber.join(fiber)).message, "Gave up after 3s: Failed to execute")
      assert.instanceOf(yield* Fiber.join(hanging), PgError)
    })
  )

  it.effect("says at its deadline that nothing was sent, where every run has ended like this", () =>
    Effect.gen(function* () {
      const atDeadline = (runs: ReadonlyArray<PgError>) => {
        let run = 0
        const next = Effect.suspend(() => runs[Math.min(run++, runs.length - 1)] ?? Effect.never)
        const options = { deadline: "3 seconds", idempotent: true } as const
        return Effect.fork(Effect.flip(replay(next, options)))
      }
      const never = yield* atDeadline([lost(false)])
      const once = yield* atDeadline([lost(true), lost(false)])
      const underWay = yield* Effect.fork(
        Effect.flip(replay(Effect.never, { deadline: "3 seconds" }))
      )
      yield* TestClock.adjust("3001 millis")
      const outcome = (fiber: Fiber.Fiber<PgError, unknown>) =>
        Effect.map(Fiber.join(fiber), ({ outcome }) => outcome)
      assert.strictEqual(yield* outcome(never), "NotSent")
      assert.strictEqual(yield* outcome(once), "Unknown")
      assert.strictEqual(yield* outcome(underWay), "Unknown")
    })
  )

  it.effect("says of no run that nothing was sent, behind one that may have taken effect", () =>
    Effect.gen(function* () {
      const quota = fromAcquire(
        new AcquireTimeout({ message: "no connection", retryAfter: Duration.minutes(1) })
      )
      const wrongPassword = fromAcquire(
        new ConnectError({ message: "no login", isFatal: true, provesRestart: false })
      )
      for (const last of [quota, wrongPassword]) {
        const runs = [lost(true), last]
        const next = Effect.suspend(() => runs.shift() ?? Effect.never)
        const error = yield* Effect.flip(replay(next, { idempotent: true }))
        assert.strictEqual(error.outcome, "Unknown")
        assert.isFalse(error.isSafeToReplay)
        assert.include(error.message, last.message)
        assert.strictEqual(error.reason, last.reason)
        assert.deepStrictEqual(error.retryAfter, last.retryAfter)
      }
      assert.strictEqual(yield* Effect.flip(replay(quota, { idempotent: true })), quota)
    })
  )

  it.effect("leaves a transaction to be replayed as a whole", () =>
    Effect.gen(function* () {
      const { effect, runs } = failing(1, lost(false))
      yield* Effect.flip(
        Effect.provideService(replay(effect), TransactionConnection, [
          {
            execute: () => Effect.succeed([]),
            executeRaw: () => Effect.void,
            executeValues: () => Effect.succeed([]),
            executeUnprepared: () => Effect.succeed([]),
            executeStream: () => {
              throw new Error("not used")
            }
          },
          0
        ])
      )
      assert.strictEqual(runs.length, 1)
    })
  )
})
