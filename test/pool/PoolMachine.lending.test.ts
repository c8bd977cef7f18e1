import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { PoolByHand, withBorrowers, withIdle } from "./PoolByHand.ts"

const none: ReadonlyArray<string> = []

/** A connection that came back so many milliseconds ago, and a caller now. */
const afterIdle = (millis: number) => {
  const pool = withIdle(new PoolByHand(), 1)
  pool.pass(millis)
  return { pool, told: pool.acquire() }
}

describe("an idle connection that is asked for", () => {
  it("is lent as it is within 2 ms, after a look at its socket within a second, and then proven", () => {
    assert.deepStrictEqual(afterIdle(1).told, ["Lend 0 to 1"])
    assert.deepStrictEqual(afterIdle(2).told, ["Prove 0 by turn"])
    assert.deepStrictEqual(afterIdle(999).told, ["Prove 0 by turn"])
    assert.deepStrictEqual(afterIdle(1_000).told, ["Prove 0 by roundTrip"])
  })

  it("is no longer idle after a round trip, and as idle as before after a look at its socket", () => {
    const proven = afterIdle(1_000).pool
    proven.cancel(1)
    proven.proven(0)
    assert.deepStrictEqual(proven.acquire(), ["Lend 0 to 2"])
    const looked = afterIdle(999).pool
    looked.cancel(1)
    looked.proven(0, "turn")
    looked.pass(1)
    assert.deepStrictEqual(looked.acquire(), ["Prove 0 by roundTrip"])
  })

  it("goes to who has waited longest, once it is proven", () => {
    const { pool } = afterIdle(500)
    pool.acquire()
    assert.deepStrictEqual(pool.proven(0, "turn"), ["Lend 0 to 1"])
  })

  it("is lent at once where it needs no proof, also behind one that does", () => {
    const pool = withBorrowers(new PoolByHand({ keepalive: Duration.seconds(10) }), 2)
    pool.release(0)
    pool.pass(100)
    pool.release(1)
    assert.deepStrictEqual(pool.pass(9_900), ["Prove 0 by roundTrip"])
    pool.proven(0)
    assert.deepStrictEqual(pool.acquire(), ["Prove 1 by roundTrip", "Lend 0 to 2"])
  })

  it("is proven for one caller only: the next one has another, or a dial", () => {
    const pool = withIdle(new PoolByHand(), 2)
    pool.pass(500)
    assert.deepStrictEqual(pool.acquire(), ["Prove 1 by turn"])
    assert.deepStrictEqual(pool.acquire(), ["Prove 0 by turn"])
    assert.deepStrictEqual(pool.acquire(), ["Connect 2"])
    assert.deepStrictEqual(pool.proven(0, "turn"), ["Lend 0 to 2"])
  })

  it("is closed at the end of its lifetime, and the next one is asked for", () => {
    for (const idleFor of [1, 500]) {
      const pool = new PoolByHand()
      pool.acquire()
      pool.connected(0, idleFor - 0.5)
      pool.release(0)
      pool.now += idleFor
      assert.deepStrictEqual(pool.acquire(), ["Close 0", "Connect 1"])
      assert.deepStrictEqual(pool.events, [{ _tag: "Evicted", reason: "lifetime", detail: "" }])
    }
  })
})

describe("a connection that was open while the machine was suspended", () => {
  it("is proven by a round trip before it is lent, however recently it was used, and by nothing itself", () => {
    const pool = withIdle(new PoolByHand(), 2)
    assert.deepStrictEqual(pool.slept(), none)
    assert.deepStrictEqual(pool.pass(10), none)
    assert.deepStrictEqual(pool.acquire(), ["Prove 1 by roundTrip"])
    assert.deepStrictEqual(pool.proven(1), ["Lend 1 to 2"])
    pool.release(1)
    assert.deepStrictEqual(pool.acquire(), ["Lend 1 to 3"])
  })

  it("is proven for the next caller when it was in use, too", () => {
    const pool = withBorrowers(new PoolByHand({ max: 1 }), 1)
    pool.slept()
    pool.acquire()
    assert.deepStrictEqual(pool.release(0), ["Prove 0 by roundTrip"])
  })

  it("is lent as it is where no round trip is to prove it, ever", () => {
    const pool = withIdle(new PoolByHand({ validateAfterIdle: Duration.infinity }), 1)
    pool.slept()
    assert.deepStrictEqual(pool.acquire(), ["Lend 0 to 1"])
  })
})

describe("a connection that is given back", () => {
  const heldFor = (millis: number, waiting: boolean) => {
    const pool = withBorrowers(new PoolByHand({ max: 1 }), 1)
    pool.pass(millis)
    if (waiting) pool.acquire()
    return { pool, told: pool.release(0) }
  }

  it("goes to the next caller as it is, unless it was held for a second: then it is proven first", () => {
    assert.deepStrictEqual(heldFor(999, true).told, ["Lend 0 to 1"])
    assert.deepStrictEqual(heldFor(1_000, true).told, ["Prove 0 by roundTrip"])
  })

  it("rests where nobody waits, and is proven for the next caller if it was held for a second", () => {
    const { pool, told } = heldFor(1_000, false)
    assert.deepStrictEqual(told, none)
    assert.deepStrictEqual(pool.acquire(), ["Prove 0 by roundTrip"])
  })

  it("is closed when it is broken, with the loss that is known and told of once", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.lost(0)
    assert.deepStrictEqual(pool.release(0, false), ["Close 0"])
    assert.deepStrictEqual(pool.events, [{ _tag: "Evicted", reason: "broken", detail: "reset" }])
    pool.acquire()
    assert.deepStrictEqual(pool.events, [{ _tag: "Invalid", detail: "reset" }, { _tag: "Stale" }])
    pool.dialFailed(1)
    pool.pass(100)
    assert.deepStrictEqual(pool.events, [])
  })

  it("is told of as lost, and not as the last one, where another is in use", () => {
    const pool = withBorrowers(new PoolByHand(), 2)
    pool.lost(0)
    pool.release(0, false)
    pool.acquire()
    assert.deepStrictEqual(pool.events, [{ _tag: "Invalid", detail: "reset" }])
  })

  it("is given back once: what comes later of it changes nothing", () => {
    const pool = withIdle(new PoolByHand(), 1)
    const before = pool.state
    for (const late of [
      () => pool.release(0, false),
      () => pool.connected(0),
      () => pool.proven(0)
    ])
      assert.deepStrictEqual(late(), none)
    assert.deepStrictEqual(pool.refuted(0), none)
    assert.deepStrictEqual(pool.dialFailed(0), none)
    assert.deepStrictEqual(pool.heard(0), none)
    assert.strictEqual(pool.state, before)
  })
})

describe("a pool below its minimum", () => {
  const shrunk = (idle: number) => {
    const pool = withIdle(new PoolByHand({ min: 3 }), 3)
    for (let id = 2; id >= idle; id--) pool.lost(id)
    return pool
  }

  it("opens what is missing when somebody uses it", () => {
    assert.deepStrictEqual(shrunk(1).acquire(), ["Lend 0 to 3", "Connect 3", "Connect 4"])
  })

  it("opens nothing by itself", () => {
    assert.deepStrictEqual(shrunk(1).pass(60_000), none)
  })

  it("opens one for the caller, where nothing shows that the server is there", () => {
    assert.deepStrictEqual(shrunk(0).acquire(), ["Connect 3"])
  })

  it("opens nothing besides for a caller while the breaker is open", () => {
    const pool = withIdle(new PoolByHand({ min: 2 }), 1)
    assert.deepStrictEqual(pool.acquire(), ["Lend 0 to 1", "Connect 1"])
    pool.dialFailed(1)
    pool.release(0)
    assert.deepStrictEqual(pool.acquire(), ["Lend 0 to 2"])
  })

  it("is probed when somebody uses it, once the breaker lets a dial", () => {
    const pool = withIdle(new PoolByHand({ min: 2 }), 1)
    pool.acquire()
    pool.dialFailed(1)
    pool.pass(100)
    pool.release(0)
    assert.deepStrictEqual(pool.acquire(), ["Lend 0 to 2", "Connect 2"])
    pool.release(0)
    assert.deepStrictEqual(pool.acquire(), ["Lend 0 to 3"])
  })

  it("opens nothing besides when it is whole", () => {
    const pool = withIdle(new PoolByHand({ min: 2 }), 2)
    assert.deepStrictEqual(pool.acquire(), ["Lend 1 to 2"])
  })
})

describe("a dial that fails for good", () => {
  it("is the answer to everybody who waits", () => {
    const pool = new PoolByHand()
    pool.acquire()
    pool.acquire()
    assert.deepStrictEqual(pool.dialFailed(0, { isFatal: true }), [
      "Refuse 0: ConnectError",
      "Refuse 1: ConnectError"
    ])
    assert.deepStrictEqual(pool.events, [{ _tag: "BreakerOpened", detail: "refused", refused: 2 }])
  })

  it("is told once for each outage, also where it began with dials that could have succeeded", () => {
    const pool = new PoolByHand()
    pool.acquire()
    pool.dialFailed(0)
    pool.acquire()
    pool.pass(100)
    pool.dialFailed(1, { isFatal: true })
    assert.deepStrictEqual(pool.events, [{ _tag: "BreakerOpened", detail: "refused", refused: 2 }])
    pool.acquire()
    pool.pass(200)
    pool.dialFailed(2)
    pool.pass(400)
    assert.deepStrictEqual(pool.dialFailed(3, { isFatal: true }), ["Refuse 2: ConnectError"])
    assert.deepStrictEqual(pool.events, [])
  })

  it("refuses nobody where an open connection may come back, and says when the next dial is", () => {
    const pool = withBorrowers(new PoolByHand({ max: 4 }), 2)
    pool.acquire()
    pool.acquire()
    assert.deepStrictEqual(pool.dialFailed(2, { isFatal: true, message: "28P01" }), none)
    assert.deepStrictEqual(pool.events.slice(0, 2), [
      { _tag: "BreakerOpened", detail: "28P01", refused: 0 },
      { _tag: "DialFailed", attempt: 1, attempts: 22, detail: "28P01", retryIn: 100 }
    ])
    assert.deepStrictEqual(pool.release(0), ["Lend 0 to 2"])
    assert.deepStrictEqual(pool.release(1), ["Lend 1 to 3"])
  })

  it("refuses who waits as soon as nothing is open any more, and tells of it then", () => {
    const pool = withBorrowers(new PoolByHand({ max: 2 }), 1)
    pool.acquire()
    pool.dialFailed(1, { isFatal: true })
    assert.deepStrictEqual(pool.pass(100), ["Connect 2"])
    assert.deepStrictEqual(pool.release(0, false), ["Close 0"])
    assert.deepStrictEqual(pool.dialFailed(2, { isFatal: true }), ["Refuse 1: ConnectError"])
    assert.deepStrictEqual(pool.events, [{ _tag: "BreakerOpened", detail: "refused", refused: 1 }])
  })

  it("refuses nobody where nobody waits, and tells of who comes next", () => {
    const pool = new PoolByHand({ min: 1 })
    pool.warm()
    pool.dialFailed(0, { isFatal: true })
    assert.deepStrictEqual(pool.events, [{ _tag: "BreakerOpened", detail: "refused", refused: 0 }])
    pool.pass(100)
    pool.acquire()
    pool.dialFailed(1, { isFatal: true })
    assert.deepStrictEqual(pool.events, [{ _tag: "BreakerOpened", detail: "refused", refused: 1 }])
  })

  it("condemns what was open where it proves that the server restarted", () => {
    const pool = withIdle(new PoolByHand({ keepalive: Duration.seconds(10) }), 1)
    pool.acquire()
    pool.acquire()
    pool.release(0)
    assert.deepStrictEqual(pool.state.counts.idle, 0)
    pool.cancel(2)
    pool.release(0)
    assert.deepStrictEqual(pool.dialFailed(1, { provesRestart: true }), ["Close 0"])
  })
})
