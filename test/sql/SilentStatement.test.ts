import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, type Scope } from "effect"
import { SilenceWatch } from "../../src/sql/silence/SilenceWatch.ts"
import { VirtualClock } from "../support/VirtualClock.ts"
import { lookAtAll, SimulatedSession, type Statement } from "./SimulatedBackends.ts"

/** A watch over sessions of a simulated server, under a clock of its own. */
const stage = (count: number, { isKnown = true, trip = 20 } = {}) =>
  Effect.gen(function* () {
    const clock = new VirtualClock()
    const sessions = Array.from(
      { length: count },
      (_, i) => new SimulatedSession(clock, String(i), isKnown)
    )
    const looks: Array<ReadonlyArray<string>> = []
    const ended: Array<string> = []
    const state = { isReachable: true }
    const watch = yield* SilenceWatch.make({
      threshold: Duration.millis(750),
      look: (pids) =>
        Effect.suspend(() => {
          looks.push(pids)
          return state.isReachable ? lookAtAll(sessions, pids, trip) : Effect.fail(true)
        }),
      end: ({ pid }) => Effect.sync(() => void ended.push(pid))
    }).pipe(Effect.withClock(clock))
    for (const session of sessions) watch.over(session)
    return { clock, ended, looks, sessions, state, send: sendOn(sessions) }
  })

const sendOn = (sessions: ReadonlyArray<SimulatedSession>) => (i: number, statement: Statement) =>
  sessions[i]?.send(statement)

const simulated = <A>(run: Effect.Effect<A, never, Scope.Scope>) => Effect.scoped(run)

const quick: Statement = { up: 1, work: 1, down: 1 }
const endless: Statement = { ...quick, work: 3_600_000 }
const lost: Statement = { ...quick, swallowed: "statement" }

const trips = fc.integer({ min: 1, max: 120 })

/** TCP sends again what was lost. */
const lateTrips = fc.integer({ min: 1, max: 370 })

describe("the watch over silent sessions", () => {
  it.effect.prop(
    "gives up none whose statement is answered in the end, however long it takes",
    {
      work: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 2_000, max: 15_000 })),
      up: lateTrips,
      down: lateTrips,
      trip: trips,
      after: fc.integer({ min: 0, max: 300 })
    },
    ({ after, trip, ...statement }) =>
      simulated(
        Effect.gen(function* () {
          const { clock, ended, send, sessions } = yield* stage(2, { trip })
          send(0, statement)
          yield* clock.advance(after)
          send(1, { ...statement, work: statement.work / 2 })
          yield* clock.advance(statement.work + 1_200)
          assert.isTrue(sessions.every(({ given, owed }) => !given && !owed))
          assert.isEmpty(ended)
        })
      ),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect.prop(
    "gives up within 2 s what the network swallowed, and ends its backend",
    {
      swallowed: fc.constantFrom("statement" as const, "answer" as const),
      work: fc.integer({ min: 0, max: 500 }),
      trip: trips,
      after: fc.integer({ min: 0, max: 300 })
    },
    ({ after, trip, ...fate }) =>
      simulated(
        Effect.gen(function* () {
          const { clock, ended, send, sessions } = yield* stage(1, { trip })
          send(0, quick)
          yield* clock.advance(after)
          send(0, { ...quick, ...fate })
          yield* clock.advance("2 seconds")
          assert.isDefined(sessions[0]?.given)
          assert.deepStrictEqual(ended, ["0"])
        })
      ),
    { fastCheck: { numRuns: 30 } }
  )

  it.effect("gives up all that one network swallowed, not one after the other", () =>
    simulated(
      Effect.gen(function* () {
        const { clock, looks, send, sessions } = yield* stage(4)
        send(3, endless)
        for (const i of [0, 1, 2]) {
          send(i, lost)
          yield* clock.advance("300 millis")
        }
        yield* clock.advance("900 millis")
        const given = sessions.map(({ given }) => given?.at ?? 0)
        assert.isTrue(
          given.slice(0, 3).every((at) => at > 0 && at < 1_800),
          given.join()
        )
        assert.strictEqual(given[3], 0)
        assert.isAtMost(looks.length, 4)
      })
    )
  )

  it.effect("asks about a statement of a minute eight times, and then leaves it alone", () =>
    simulated(
      Effect.gen(function* () {
        const { clock, looks, send } = yield* stage(1)
        send(0, { ...quick, work: 60_000 })
        yield* clock.advance("1 hour")
        assert.strictEqual(looks.length, 8)
      })
    )
  )

  it.effect("sleeps itself when nothing is owed", () =>
    simulated(
      Effect.gen(function* () {
        const { clock, looks, send } = yield* stage(3)
        assert.strictEqual(clock.sleeping, 0)
        send(0, quick)
        send(1, quick)
        yield* clock.advance("1 milli")
        assert.strictEqual(clock.sleeping, 1)
        yield* clock.advance("1 second")
        assert.strictEqual(clock.sleeping, 0)
        assert.isEmpty(looks)
      })
    )
  )

  it.effect("gives up nothing while nobody can be asked, and then at once", () =>
    simulated(
      Effect.gen(function* () {
        const { clock, looks, send, sessions, state } = yield* stage(1)
        state.isReachable = false
        send(0, lost)
        yield* clock.advance("1 minute")
        assert.isUndefined(sessions[0]?.given)
        assert.isAtMost(looks.length, 84)
        state.isReachable = true
        yield* clock.advance("1500 millis")
        assert.isDefined(sessions[0]?.given)
      })
    )
  )

  it.effect("waits for a large statement to be sent on a slow line", () =>
    simulated(
      Effect.gen(function* () {
        const { clock, send, sessions } = yield* stage(1)
        send(0, { up: 20_000, work: 10, down: 10, sentBytes: 3_000_000 })
        yield* clock.advance("1 minute")
        assert.isUndefined(sessions[0]?.given)
        send(0, { ...lost, sentBytes: 3_000_000 })
        yield* clock.advance("1 minute")
        assert.isDefined(sessions[0]?.given)
      })
    )
  )

  it.effect("asks about no session whose backend nobody knows, but gives up its BEGIN", () =>
    simulated(
      Effect.gen(function* () {
        const { clock, ended, looks, send, sessions } = yield* stage(2, { isKnown: false })
        send(0, lost)
        yield* clock.advance("1 minute")
        assert.isEmpty(looks)
        assert.isUndefined(sessions[0]?.given)
        send(1, { ...lost, phase: "begin" })
        yield* clock.advance("2 seconds")
        assert.isDefined(sessions[1]?.given)
        assert.isUndefined(sessions[0]?.given)
        assert.isEmpty(ended)
      })
    )
  )

  it.effect("gives up a session whose backend has ended without a word", () =>
    simulated(
      Effect.gen(function* () {
        const { clock, ended, send, sessions } = yield* stage(1)
        send(0, endless)
        yield* clock.advance("500 millis")
        for (const session of sessions) session.isGone = true
        yield* clock.advance("1500 millis")
        assert.include(sessions[0]?.given?.cause.message, "has ended")
        assert.isEmpty(ended)
      })
    )
  )
})
