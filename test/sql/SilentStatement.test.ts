import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, FastCheck as fc, type Scope } from "effect"
import type { Backend } from "../../src/sql/Backend.ts"
import { canBeJudged, isConfirmed, isSuspicious, judge } from "../../src/sql/Judgement.ts"
import type { Look, Sight } from "../../src/sql/SideLook.ts"
import { SilenceWatch } from "../../src/sql/SilenceWatch.ts"
import { VirtualClock } from "../support/VirtualClock.ts"
import { lookAtAll, SimulatedSession, type Statement } from "./SimulatedBackends.ts"

const home = {
  incarnation: { startedAt: "1000", statisticsSince: "900" },
  primaryOf: "42"
}

const session: Backend = { pid: "7", of: "session", since: "5", ...home }
const transaction: Backend = { ...session, of: "transaction", since: "6", primaryOf: undefined }

const sight: Sight = {
  pid: "7",
  sessionSince: "5",
  transactionSince: "6",
  state: "active",
  waitEvent: null,
  changedAt: "8",
  unchangedFor: Duration.seconds(1)
}

const margin = Duration.millis(500)

const waiting: Sight = { ...sight, state: "idle", waitEvent: "ClientRead" }

const finding = (backend: Backend | undefined, seen: Partial<Sight> | undefined, at = home) =>
  judge(
    { phase: "statement", backend },
    { home: at, sights: seen === undefined ? [] : [{ ...sight, ...seen }] }
  )._tag

const restarted = { ...home, incarnation: { startedAt: "2000", statisticsSince: "900" } }
const elsewhere = { ...restarted, primaryOf: "43" }

describe("what a look says of a silent session", () => {
  it.each([
    ["works", session, {}, "Busy"],
    ["waits for a lock", session, { waitEvent: "transactionid" }, "Busy"],
    ["sleeps", session, { waitEvent: "PgSleep" }, "Busy"],
    ["waits for a standby", session, { waitEvent: "SyncRep" }, "Busy"],
    ["has nothing to do", session, waiting, "WaitsForUs"],
    ["is idle in our transaction", transaction, waiting, "WaitsForUs"],
    ["cannot get rid of its answer", session, { waitEvent: "ClientWrite" }, "WaitsForUs"],
    ["waits for the rest of a statement", session, { waitEvent: "ClientRead" }, "WaitsForUs"],
    ["is not there", session, undefined, "Gone"],
    ["has its number from another session", session, { ...waiting, sessionSince: "9" }, "Gone"],
    ["is in another transaction", transaction, { ...waiting, transactionSince: "9" }, "Gone"],
    ["is in no transaction", transaction, { ...waiting, transactionSince: null }, "Gone"],
    ["is another role's", session, { state: null, sessionSince: null }, "Unclear"],
    ["is on a server that does not tell", session, { state: "disabled" }, "Unclear"],
    ["is behind a pooler", undefined, waiting, "Unclear"]
  ] as const)("whose backend %s", (_what, backend, seen, expected) => {
    assert.strictEqual(finding(backend, seen), expected)
  })

  it("whose server has been restarted, is that it is gone", () => {
    assert.strictEqual(finding(session, undefined, restarted), "Gone")
  })

  it("on a standby or a stranger's server, is nothing", () => {
    assert.strictEqual(finding(session, undefined, elsewhere), "Unclear")
    const standby = { incarnation: restarted.incarnation, primaryOf: undefined }
    const look: Look = { home: standby, sights: [] }
    assert.strictEqual(judge({ phase: "statement", backend: session }, look)._tag, "Unclear")
  })

  it("at BEGIN behind a pooler, is that others were served before it", () => {
    const begin = { phase: "begin", backend: undefined } as const
    assert.isTrue(canBeJudged(begin))
    assert.isFalse(canBeJudged({ ...begin, phase: "statement" }))
    assert.strictEqual(judge(begin, { home, sights: [] })._tag, "Overtaken")
  })
})

const anySight = fc.record({
  pid: fc.constantFrom("7", "8"),
  sessionSince: fc.constantFrom("5", "9", null),
  transactionSince: fc.constantFrom("6", "9", null),
  state: fc.constantFrom("active", "idle", "idle in transaction", "disabled", null),
  waitEvent: fc.constantFrom("ClientRead", "ClientWrite", "SyncRep", "PgSleep", "relation", null),
  changedAt: fc.constantFrom("8", "9", null),
  unchangedFor: fc.integer({ min: 0, max: 1_000 }).map(Duration.millis)
})

const anyLook = fc.record({
  home: fc.constantFrom(home, restarted, elsewhere),
  sights: fc.array(anySight, { maxLength: 2 })
})

const anyBackend = fc.constantFrom(session, transaction)

describe("a verdict", () => {
  it.prop("is never the first look's", { backend: anyBackend, look: anyLook }, (given) => {
    const found = judge({ phase: "statement", backend: given.backend }, given.look)
    assert.isFalse(isConfirmed(undefined, found, margin))
  })

  it.prop(
    "never falls on a backend that is ours and does not wait for us, or has moved in between",
    { backend: anyBackend, first: anyLook, second: anyLook },
    ({ backend, first, second }) => {
      const [before, now] = [first, second].map((look) =>
        judge({ phase: "statement", backend }, look)
      )
      assert(before !== undefined && now !== undefined)
      if (!isConfirmed(before, now, margin) || now._tag !== "WaitsForUs") return
      assert(before._tag === "WaitsForUs")
      assert.include(["ClientRead", "ClientWrite"], now.sight.waitEvent)
      assert.strictEqual(now.sight.pid, backend.pid)
      assert.strictEqual(now.sight.changedAt, before.sight.changedAt)
      assert.strictEqual(now.sight.sessionSince, before.sight.sessionSince)
      assert.isTrue(Duration.greaterThanOrEqualTo(now.sight.unchangedFor, margin))
    }
  )

  it.prop("needs the same finding twice", { one: anyLook, other: anyLook }, ({ one, other }) => {
    const silent = { phase: "statement", backend: session } as const
    const [before, now] = [judge(silent, one), judge(silent, other)]
    assert.isTrue(
      !isConfirmed(before, now, margin) || (before._tag === now._tag && isSuspicious(now))
    )
  })
})

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
