import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Stream } from "effect"
import { countNames, signOf } from "../../src/admin/Incident.ts"
import * as Incidents from "../../src/admin/Incidents.ts"
import { sentence } from "../../src/admin/IncidentWords.ts"
import type { Connection, Occurrence } from "../../src/pool/index.ts"
import { type LendingPool, make } from "../../src/pool/Pool.ts"
import { defaults } from "../../src/pool/PoolConfig.ts"
import { noteCommit, noteReplay } from "../../src/sql/statement/Recovery.ts"
import { SimulatedServer } from "../../src/testing/SimulatedServer.ts"
import { settled } from "../support/Captured.ts"
import { at, stories } from "./occurrences.ts"

const told = (story: ReadonlyArray<Occurrence>, from: Incidents.Incidents = Incidents.none) =>
  story.reduce(Incidents.fold, from)

const millis = ({ at }: Occurrence) => DateTime.toEpochMillis(at)
const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((all, each) => all + each, 0)

const restart: ReadonlyArray<Occurrence> = [
  at(0, { _tag: "Evicted", reason: "broken", detail: "57P02: the server crashed" }),
  at(1, {
    _tag: "Restarted",
    condemned: 10,
    isByHand: false,
    detail: "57P02: the server crashed"
  }),
  ...[2, 3, 5].map((moment) =>
    at(moment, { _tag: "Noted", subject: "Replayed", detail: "57P02: the server crashed" })
  ),
  at(6, { _tag: "BreakerOpened", detail: "connect ECONNREFUSED", refused: 0 }),
  at(340, { _tag: "Dialed", took: 12 }),
  at(340, { _tag: "Reconnected", attempts: 3, after: 334, beside: 0 }),
  at(400, { _tag: "Noted", subject: "CommitConfirmed", detail: "asked about transaction 7" })
]

/** What the dashboard makes of the first thing that a pool with one connection tells of an act. */
const signOfAct = (act: (pool: LendingPool<Connection>) => Effect.Effect<void>) =>
  Effect.gen(function* () {
    const pool = yield* make(new SimulatedServer().connector, defaults)
    yield* pool.use(() => Effect.void)
    const listener = yield* Effect.fork(Stream.runHead(pool.events))
    yield* settled
    yield* act(pool)
    const first = yield* Fiber.join(listener)
    return signOf((yield* first).event)
  })

describe("what really happens", () => {
  it.scoped("a COMMIT is told as resolved only where it was found to have taken effect", () =>
    Effect.gen(function* () {
      const counts = { Committed: "committed", RolledBack: "notCommitted", Unknown: "notCommitted" }
      for (const fate of ["Committed", "RolledBack", "Unknown"] as const) {
        const sign = yield* signOfAct((pool) => noteCommit(pool, fate, "in whatever words"))
        assert.strictEqual(sign?.trouble, "commitInDoubt")
        assert.deepStrictEqual(sign?.counts, { [counts[fate]]: 1 })
      }
    })
  )

  it.scoped("what is run again is told as replayed", () =>
    Effect.gen(function* () {
      const sign = yield* signOfAct((pool) => noteReplay(pool, "in whatever words"))
      assert.deepStrictEqual(sign, { trouble: "replayed", counts: { replayed: 1 } })
    })
  )

  it.scoped("a pool that is recreated by hand is not told as a restart of the server", () =>
    Effect.gen(function* () {
      const sign = yield* signOfAct((pool) => pool.recreate)
      assert.deepInclude(sign, { trouble: "recreated", counts: { condemned: 1 } })
    })
  )
})

describe("incidents", () => {
  it("a restart is told in one line: what it cost, what was saved, how long it took", () => {
    const { all } = told(restart)
    assert.deepStrictEqual(all.map(sentence), [
      "server restarted: 10 connections condemned, 3 statements or transactions replayed, 1 commit resolved as committed, recovered in 340 ms"
    ])
    assert.strictEqual(all[0]?.reason, "57P02: the server crashed")
  })

  it("a COMMIT that was looked up is not told as work that was replayed", () => {
    const resolved = at(0, { _tag: "Noted", subject: "CommitConfirmed", detail: "asked about it" })
    assert.deepStrictEqual(told([resolved]).all.map(sentence), [
      "COMMIT without an answer: 1 commit resolved as committed"
    ])
    const replayed = at(0, { _tag: "Noted", subject: "Replayed", detail: "read ECONNRESET" })
    assert.deepStrictEqual(told([replayed]).all.map(sentence), [
      "work replayed: 1 statement or transaction replayed"
    ])
  })

  it("an outage goes on, however quiet it is, until a connection can be opened", () => {
    const during = Incidents.settle(told(restart.slice(0, 6)), Date.UTC(2027, 0, 1))
    assert.isFalse(during.all[0]?.isOver)
    const [incident = assert.fail()] = during.all
    assert.include(sentence({ ...incident, trouble: "unreachable" }), "looking for the server")
    const after = Incidents.settle(told(restart), Date.UTC(2027, 0, 1))
    assert.isTrue(after.all[0]?.isOver)
  })

  it("an outage in which no further connection was needed is over, and says so", () => {
    const story = [
      at(0, { _tag: "BreakerOpened", detail: "53300: too many connections", refused: 0 }),
      at(1, {
        _tag: "DialFailed",
        attempt: 1,
        attempts: 22,
        detail: "53300: too many connections",
        retryIn: 100
      }),
      at(10_001, { _tag: "Lapsed", attempts: 1, after: 10_000 })
    ]
    const { all } = Incidents.settle(told(story), Date.UTC(2027, 0, 1))
    assert.deepStrictEqual(all.map(sentence), [
      "database unreachable: 1 dial failed, no connection was needed since"
    ])
    assert.isTrue(all[0]?.isOver)
  })

  it("what needs no connection afterwards is over when it has been quiet", () => {
    const lost = told(restart.slice(0, 1))
    const start = millis(restart[0] ?? assert.fail())
    assert.isFalse(Incidents.settle(lost, start + Incidents.QUIET - 1).all[0]?.isOver)
    assert.isTrue(Incidents.settle(lost, start + Incidents.QUIET).all[0]?.isOver)
  })

  it("closing what is idle or old is housekeeping, and no incident", () => {
    for (const reason of ["idle", "lifetime", "generation", "drain"] as const) {
      assert.isEmpty(told([at(0, { _tag: "Evicted", reason, detail: "" })]).all)
    }
    assert.isEmpty(told([at(0, { _tag: "Dialed", took: 3 })]).all)
  })

  it.prop("nothing is counted twice or lost, in whichever incident it is", [stories], ([story]) => {
    const { all } = told(story)
    const seen = story.flatMap(({ event }) => signOf(event) ?? [])
    for (const name of countNames) {
      const inIncidents = sum(all.map(({ counts }) => counts[name]))
      assert.strictEqual(inIncidents, sum(seen.map(({ counts }) => counts[name] ?? 0)), name)
    }
    assert.strictEqual(all.length > 0, seen.length > 0)
  })

  it.prop(
    "they follow each other: only the last can go on, none begins before the former ended",
    [stories],
    ([story]) => {
      const { all } = told(story)
      all.forEach((incident, index) => {
        assert.isAtLeast(incident.lastAt, incident.startedAt)
        assert.isAtLeast(incident.recoveredAt ?? incident.startedAt, incident.startedAt)
        const next = all[index + 1]
        if (next === undefined) return
        assert.isTrue(incident.isOver)
        assert.isAtLeast(next.startedAt - incident.lastAt, Incidents.QUIET)
        assert.isAbove(next.id, incident.id)
      })
    }
  )

  it.prop("what is over is never changed again", [stories, stories], ([before, after]) => {
    const first = told(before)
    const shift = before.length === 0 ? 0 : millis(before[before.length - 1] ?? assert.fail())
    const later = after.map(({ at: moment, event }) =>
      at(
        shift - Date.UTC(2026, 0, 1) + DateTime.toEpochMillis(moment) - Date.UTC(2026, 0, 1),
        event
      )
    )
    const { all } = told(later, first)
    const over = first.all.filter(({ isOver }) => isOver)
    assert.deepStrictEqual(all.slice(0, over.length), over)
  })

  it.prop("looking at the clock more often changes nothing", [stories], ([story]) => {
    const often = story.reduce(
      (incidents, occurrence) =>
        Incidents.fold(
          Incidents.settle(Incidents.settle(incidents, millis(occurrence)), millis(occurrence)),
          occurrence
        ),
      Incidents.none
    )
    assert.deepStrictEqual(often, told(story))
  })

  it("a hundred are remembered, the newest ones", () => {
    const losses = Array.from({ length: 130 }, (_, index) =>
      at(index * 10_000, { _tag: "Evicted", reason: "broken", detail: "read ECONNRESET" })
    )
    const ids = told(losses).all.map(({ id }) => id)
    assert.strictEqual(ids.length, Incidents.MOST)
    assert.strictEqual(ids.at(-1), 130)
  })
})
