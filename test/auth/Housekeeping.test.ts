import { SqlClient } from "@effect/sql"
import { describe, expect, it, layer } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger, Random, Ref, Schedule, Stream, TestClock } from "effect"
import { makeAnswered } from "../../src/auth/Answered.ts"
import { DatabaseUnavailable } from "../../src/auth/AuthError.ts"
import { Housekeeping, type HousekeepingOptions } from "../../src/auth/Housekeeping.ts"
import { nothing, Pruning } from "../../src/auth/Pruning.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import * as SessionToken from "../../src/auth/SessionToken.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** A pruning of three statements that remembers when each was sent, in minutes. */
const recorded = Effect.gen(function* () {
  const sent = yield* Ref.make<ReadonlyArray<number>>([])
  const statement = Effect.flatMap(Effect.clock, (clock) =>
    Ref.update(sent, (times) => [...times, clock.unsafeCurrentTimeMillis() / 60_000])
  )
  const batches = Stream.repeatEffect(Effect.as(statement, { ...nothing, sessions: 1 })).pipe(
    Stream.take(3)
  )
  return { sent: Ref.get(sent), batches }
})

/** What runs the statements of one instance, whose housekeeping prunes with these. */
const instance = (batches: typeof Pruning.Service.batches, options: HousekeepingOptions = {}) =>
  Effect.gen(function* () {
    const pruning = Layer.succeed(Pruning, {
      batches,
      prune: Stream.runFold(batches, nothing, (pruned) => pruned)
    })
    const context = yield* Layer.build(Layer.provide(Housekeeping.layer(options), pruning))
    return yield* Effect.provide(makeAnswered("1 second"), context)
  })

type Instance = Effect.Effect.Success<ReturnType<typeof instance>>

/** A request to each instance every five minutes, for so many hours. */
const traffic = (hours: number, ...instances: ReadonlyArray<Instance>) =>
  Effect.forEach(instances, (answered) => answered(Effect.void)).pipe(
    Effect.zipRight(TestClock.adjust("5 minutes")),
    Effect.repeatN(hours * 12 - 1)
  )

const logged = Effect.map(Ref.make<ReadonlyArray<string>>([]), (lines) => ({
  lines: Ref.get(lines),
  layer: Logger.replace(
    Logger.defaultLogger,
    Logger.make(({ message }) => Effect.runSync(Ref.update(lines, (all) => [...all, `${message}`])))
  )
}))

describe("housekeeping", () => {
  it.scoped("sends nothing for as long as nobody asks anything, be it for days", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      const answered = yield* instance(batches)
      yield* TestClock.adjust("30 days")
      expect(yield* sent).toEqual([])
      yield* answered(Effect.void)
      yield* TestClock.adjust("1 second")
      expect(yield* sent).toHaveLength(3)
      yield* TestClock.adjust("30 days")
      expect(yield* sent).toHaveLength(3)
    })
  )

  it.scoped("prunes about hourly where there are requests", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      yield* traffic(12, yield* instance(batches))
      const starts = (yield* sent).filter((_, index) => index % 3 === 0)
      expect(starts.length).toBeGreaterThanOrEqual(11)
      expect(starts.length).toBeLessThanOrEqual(12)
      expect(starts[0]).toBeLessThan(65)
    })
  )

  it.scoped("prunes once, however many answers come meanwhile", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      const answered = yield* instance(batches)
      yield* TestClock.adjust("1 hour")
      yield* Effect.replicateEffect(answered(Effect.void), 20, { concurrency: "unbounded" })
      yield* TestClock.adjust("1 second")
      expect(yield* sent).toHaveLength(3)
    })
  )

  it.scoped("does not follow a statement that has failed: the database may be away", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      const answered = yield* instance(batches)
      yield* TestClock.adjust("2 hours")
      yield* Effect.exit(answered(Effect.dieMessage("away")))
      yield* TestClock.adjust("1 second")
      expect(yield* sent).toEqual([])
    })
  )

  it.scoped("of instances that start together comes at different times", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      const three = yield* Effect.replicateEffect(instance(batches), 3)
      yield* traffic(1, ...three)
      const times = yield* sent
      expect(times).toHaveLength(9)
      expect(new Set(times).size).toBe(3)
    }).pipe(Effect.withRandom(Random.make("three of them")))
  )

  it.scoped("stops where there is no room for it, and comes back sooner", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      const hasRoom = Effect.map(sent, (times) => times.length !== 1)
      const answered = yield* instance(batches, { hasRoom })
      yield* TestClock.adjust("1 hour")
      yield* answered(Effect.void)
      yield* TestClock.adjust("4 minutes")
      yield* answered(Effect.void)
      expect(yield* sent).toEqual([60])
    })
  )

  it.scoped("begins nothing where there is no room, and asks again after five minutes", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      const isRoomy = yield* Ref.make(false)
      const answered = yield* instance(batches, { hasRoom: Ref.get(isRoomy) })
      yield* TestClock.adjust("1 hour")
      yield* answered(Effect.void)
      yield* TestClock.adjust("4 minutes")
      yield* Ref.set(isRoomy, true)
      yield* answered(Effect.void)
      yield* TestClock.adjust("1 minute")
      yield* traffic(1, answered)
      expect(yield* sent).toEqual([65, 65, 65])
    })
  )

  it.scoped("is one line in the log when it goes wrong, and is tried again an hour later", () =>
    Effect.gen(function* () {
      const { batches, sent } = yield* recorded
      const log = yield* logged
      const failing = Stream.concat(
        Stream.take(batches, 1),
        Stream.fail(new DatabaseUnavailable({}))
      )
      const answered = yield* Effect.provide(instance(failing), log.layer)
      yield* TestClock.adjust("1 hour")
      yield* traffic(2, answered)
      expect(yield* sent).toEqual([60, 120])
      expect(yield* log.lines).toEqual(
        Array.from(
          { length: 2 },
          () =>
            "What has expired was not pruned: The database can't be reached at the moment. Try again shortly. It is tried again later."
        )
      )
    })
  )

  it.effect("ends with its scope, in the middle of a statement", () =>
    Effect.gen(function* () {
      const hasBegun = yield* Deferred.make<void>()
      const wasInterrupted = yield* Deferred.make<void>()
      const endless = Effect.zipRight(Deferred.succeed(hasBegun, undefined), Effect.never).pipe(
        Effect.onInterrupt(() => Deferred.succeed(wasInterrupted, undefined))
      )
      yield* Effect.gen(function* () {
        const answered = yield* instance(Stream.fromEffect(endless))
        yield* TestClock.adjust("1 hour")
        // From where nothing may be interrupted, as requests sometimes are.
        yield* Effect.uninterruptible(answered(Effect.void))
        yield* Deferred.await(hasBegun)
      }).pipe(Effect.scoped)
      yield* Deferred.await(wasInterrupted)
    })
  )
})

const overDatabase = Sessions.layer().pipe(
  Layer.provide(Housekeeping.layer({ interval: "1 millis" })),
  Layer.provide(Pruning.layer()),
  Layer.provideMerge(TestDatabase.layer)
)

layer(overDatabase, { excludeTestServices: true, timeout: "1 minute" })(
  "housekeeping over a database",
  (it) => {
    it.effect("follows the look-up of a session", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const { validate } = yield* Sessions
        yield* sql`
          insert into throttles (key, count, free_at, attempt)
          values (sha256('old'), 1, now() - interval '2 days', gen_random_uuid())`
        yield* Effect.exit(validate(yield* SessionToken.generate))
        yield* sql`select from throttles`.pipe(
          Effect.repeat({
            until: (rows) => rows.length === 0,
            schedule: Schedule.spaced("10 millis")
          }),
          Effect.timeout("10 seconds")
        )
      })
    )
  }
)
