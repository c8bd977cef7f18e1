import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { PoolByHand, withBorrowers, withIdle } from "./PoolByHand.ts"

const none: ReadonlyArray<string> = []

/** So many connections that were idle for long enough to be proven, and one caller. */
const withProof = (idle: number) => {
  const pool = withIdle(new PoolByHand(), idle)
  pool.pass(1_000)
  assert.deepStrictEqual(pool.acquire(), [`Prove ${idle - 1} by roundTrip`])
  return pool
}

describe("a connection that is found dead when it is to be lent", () => {
  it("has the others proven at once, and the caller served by a new one or the first that holds", () => {
    const pool = withProof(3)
    assert.deepStrictEqual(pool.refuted(2), [
      "Close 2",
      "Prove 1 by roundTrip",
      "Prove 0 by roundTrip",
      "Connect 3"
    ])
    assert.deepStrictEqual(pool.events, [
      { _tag: "Invalid", detail: "reset" },
      { _tag: "Evicted", reason: "invalid", detail: "reset" }
    ])
    assert.deepStrictEqual(pool.refuted(1), ["Close 1"])
    assert.deepStrictEqual(pool.proven(0), ["Lend 0 to 3"])
  })

  it("is told as the end of all where it was the last", () => {
    const pool = withProof(1)
    assert.deepStrictEqual(pool.refuted(0), ["Close 0", "Connect 1"])
    assert.deepStrictEqual(pool.events, [
      { _tag: "Invalid", detail: "reset" },
      { _tag: "Evicted", reason: "invalid", detail: "reset" },
      { _tag: "Stale" }
    ])
  })

  it("condemns the others where it proves that the server restarted", () => {
    const pool = withProof(3)
    assert.deepStrictEqual(pool.refuted(2, true), ["Close 2", "Close 1", "Close 0", "Connect 3"])
    assert.deepInclude(pool.events, {
      _tag: "Restarted",
      condemned: 2,
      isByHand: false,
      detail: "reset"
    })
  })
})

describe("a connection that ends by itself", () => {
  it("is closed, and leaves the others alone", () => {
    const pool = withIdle(new PoolByHand(), 2)
    assert.deepStrictEqual(pool.lost(0), ["Close 0"])
  })

  it("condemns the others where it proves that the server restarted", () => {
    const pool = withIdle(new PoolByHand(), 3)
    assert.deepStrictEqual(pool.lost(0, true), ["Close 0", "Close 2", "Close 1"])
  })

  it("changes nothing while it is being opened: its dial fails soon", () => {
    const pool = withIdle(new PoolByHand({ max: 2 }), 1)
    pool.acquire()
    assert.deepStrictEqual(pool.acquire(), ["Connect 1"])
    const before = pool.state
    assert.deepStrictEqual(pool.lost(1, true), none)
    assert.strictEqual(pool.state, before)
  })

  it("changes nothing when the pool has forgotten it", () => {
    const pool = withIdle(new PoolByHand(), 3)
    pool.lost(1)
    const before = pool.state
    assert.deepStrictEqual(pool.lost(1), none)
    assert.strictEqual(pool.state, before)
  })
})

describe("a loss that nobody has met", () => {
  it("is no reason for what is dialed after an idle connection has served", () => {
    for (const restedFor of [0, 1_000]) {
      const pool = withIdle(new PoolByHand(), 2)
      pool.pass(restedFor)
      pool.lost(0)
      pool.acquire()
      pool.proven(1)
      assert.strictEqual(pool.state.counts.active, 1)
      assert.deepStrictEqual(pool.acquire(), ["Connect 2"])
      assert.deepStrictEqual(pool.events, [])
    }
  })

  it("is told of the connection that it was, and of no other", () => {
    const evicted = (detail: string) => [{ _tag: "Evicted", reason: "broken", detail }] as const
    const pool = withBorrowers(new PoolByHand(), 3)
    pool.lost(0)
    pool.lost(1)
    pool.release(2, false)
    assert.deepStrictEqual(pool.events, evicted(""))
    for (const id of [0, 1]) {
      pool.release(id, false)
      assert.deepStrictEqual(pool.events, evicted("reset"))
    }
  })
})

describe("a pool that is recreated", () => {
  const condemned = (count: number) =>
    ({ _tag: "Restarted", condemned: count, isByHand: true, detail: "by hand" }) as const

  it("condemns each connection once, also those in use", () => {
    const pool = withBorrowers(new PoolByHand(), 2)
    assert.deepStrictEqual(pool.recreate(), none)
    assert.deepStrictEqual(pool.events, [condemned(2)])
    pool.recreate()
    assert.deepStrictEqual(pool.events, [])
    pool.acquire()
    pool.connected(2)
    pool.recreate()
    assert.deepStrictEqual(pool.events, [condemned(1)])
    assert.deepStrictEqual(pool.release(0), ["Close 0"])
    assert.deepStrictEqual(pool.events, [{ _tag: "Evicted", reason: "generation", detail: "" }])
  })
})

describe("a connection at the end of its lifetime", () => {
  const withRetiring = () => {
    const pool = new PoolByHand()
    pool.acquire()
    pool.connected(0, 500)
    return pool
  }

  it("is lent once more at that moment, and closed after it when it is given back", () => {
    const pool = withRetiring()
    pool.acquire()
    pool.pass(500)
    assert.deepStrictEqual(pool.release(0), ["Lend 0 to 1"])
    pool.pass(1)
    assert.deepStrictEqual(pool.release(0), ["Close 0"])
    assert.deepStrictEqual(pool.events, [{ _tag: "Evicted", reason: "lifetime", detail: "" }])
  })

  it("is closed at that moment if it is idle", () => {
    const pool = withRetiring()
    pool.release(0)
    assert.deepStrictEqual(pool.pass(499), none)
    assert.deepStrictEqual(pool.pass(1), ["Close 0"])
  })
})

describe("an idle connection", () => {
  it("is closed when nobody has used it for the idle timeout, and not with another's", () => {
    const pool = withBorrowers(new PoolByHand({ idleTimeout: Duration.seconds(10) }), 2)
    pool.pass(500)
    pool.release(0)
    pool.pass(400)
    pool.release(1)
    assert.deepStrictEqual(pool.pass(9_000), none)
    assert.deepStrictEqual(pool.pass(9_999), ["Close 0", "Close 1"])
  })

  it("is looked at by no tick before that", () => {
    const pool = withIdle(new PoolByHand({ idleTimeout: Duration.seconds(10) }), 1)
    assert.strictEqual(pool.dueIn, 10_000)
    pool.pass(9_999)
    const before = pool.state
    pool.tick()
    assert.strictEqual(pool.state, before)
    assert.deepStrictEqual(pool.pass(1), ["Close 0"])
  })

  it("is not what a caller depends on while it is only being kept alive", () => {
    const pool = withIdle(new PoolByHand({ keepalive: Duration.seconds(10) }), 1)
    assert.deepStrictEqual(pool.pass(10_000), ["Prove 0 by roundTrip"])
    assert.deepStrictEqual(pool.acquire(), ["Connect 1"])
  })

  it("is lent the sooner the later it was used, whatever was proven since", () => {
    const pool = withBorrowers(new PoolByHand({ keepalive: Duration.seconds(10) }), 3)
    for (const id of [1, 0, 2]) {
      pool.release(id)
      pool.pass(100)
    }
    assert.deepStrictEqual(pool.pass(9_900), [
      "Prove 1 by roundTrip",
      "Prove 0 by roundTrip",
      "Prove 2 by roundTrip"
    ])
    for (const id of [0, 2, 1]) pool.proven(id)
    assert.deepStrictEqual(pool.acquire(), ["Lend 2 to 3"])
    assert.deepStrictEqual(pool.acquire(), ["Lend 0 to 4"])
    assert.deepStrictEqual(pool.acquire(), ["Lend 1 to 5"])
  })
})
