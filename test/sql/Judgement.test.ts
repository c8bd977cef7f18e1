import { assert, describe, it } from "@effect/vitest"
import { Duration, FastCheck as fc } from "effect"
import type { Backend } from "../../src/sql/session/Backend.ts"
import {
  canBeJudged,
  type Finding,
  isConfirmed,
  isSuspicious,
  judge,
  reasonOf
} from "../../src/sql/silence/Judgement.ts"
import type { Look, Sight } from "../../src/sql/silence/SideLook.ts"

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

const seen = (changes: Partial<Sight> = {}): Finding => ({
  _tag: "WaitsForUs",
  sight: { ...waiting, ...changes }
})

describe("a second look", () => {
  const gone: Finding = { _tag: "Gone" }
  const busy: Finding = { _tag: "Busy" }
  const unclear: Finding = { _tag: "Unclear" }
  it.each([
    ["confirms a backend that has not moved", seen(), seen(), true],
    ["of one that has done something since, does not", seen(), seen({ changedAt: "9" }), false],
    ["of another session, does not", seen(), seen({ sessionSince: "9" }), false],
    [
      "of one that waits for too short, does not",
      seen(),
      seen({ unchangedFor: Duration.millis(1) }),
      false
    ],
    ["of one that waits just long enough, confirms", seen(), seen({ unchangedFor: margin }), true],
    ["confirms what is gone", gone, gone, true],
    ["that finds something else, does not", gone, seen(), false],
    ["that finds it gone instead, does not", seen(), gone, false],
    ["that is the first, does not", undefined, gone, false],
    ["of one that works, confirms nothing", busy, busy, false],
    ["that says nothing, confirms nothing", unclear, unclear, false]
  ] as const)("%s", (_what, first, second, expected) => {
    assert.strictEqual(isConfirmed(first, second, margin), expected)
  })

  it("is taken of what looks as if the network had swallowed it, and of nothing else", () => {
    const suspicious = [gone, seen(), { _tag: "Overtaken" }] as const
    assert.isTrue(suspicious.every(isSuspicious))
    assert.isFalse([busy, unclear].some(isSuspicious))
  })

  it("has its reason told to whom it ends", () => {
    assert.include(reasonOf(seen()), "its backend 7 is idle and waits for us")
    assert.include(reasonOf(gone), "has ended")
    assert.include(reasonOf({ _tag: "Overtaken" }), "later question")
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
