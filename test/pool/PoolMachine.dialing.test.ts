import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import * as Breaker from "../../src/pool/Breaker.ts"
import type { PoolConfig } from "../../src/pool/PoolConfig.ts"
import type { ConnectError } from "../../src/pool/PoolError.ts"
import { PoolByHand, withBorrowers, withIdle } from "./PoolByHand.ts"

const none: ReadonlyArray<string> = []

const failures = ({ state }: PoolByHand) => Breaker.outageOf(state.breaker)?.failures

/** Two dials under way together, begun 10 ms ago, beside a connection in use. */
const withTwoDials = () => {
  const pool = withBorrowers(new PoolByHand(), 1)
  pool.acquire()
  pool.acquire()
  pool.pass(10)
  return pool
}

describe("how many dials are under way at once", () => {
  it("is one, for however many callers, while no connection exists", () => {
    const pool = new PoolByHand()
    assert.deepStrictEqual(pool.acquire(), ["Connect 0"])
    assert.deepStrictEqual(pool.acquire(), none)
    assert.deepStrictEqual(pool.connected(0), ["Lend 0 to 0", "Connect 1"])
  })

  it("is one again when all connections have ended, however fast dialing was before", () => {
    const pool = withIdle(new PoolByHand(), 4)
    for (let id = 0; id < 4; id++) pool.lost(id)
    assert.deepStrictEqual(pool.acquire(), ["Connect 4"])
    assert.deepStrictEqual(pool.acquire(), none)
  })

  it("is one where dials fail beside connections that work: the probe of a half-open breaker", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.acquire()
    pool.dialFailed(1)
    pool.acquire()
    pool.acquire()
    assert.deepStrictEqual(pool.pass(100), ["Connect 2"])
  })

  it("is as many as the ramp allows when the minimum is opened", () => {
    const pool = new PoolByHand({ min: 4 })
    assert.deepStrictEqual(pool.warm(), ["Connect 0"])
    pool.connected(0)
    assert.deepStrictEqual(pool.warm(), ["Connect 1", "Connect 2"])
    assert.deepStrictEqual(pool.warm(), none)
  })
})

describe("a dial that has no answer", () => {
  it("is overtaken by another after 750 ms of silence", () => {
    const pool = new PoolByHand()
    pool.acquire()
    assert.deepStrictEqual(pool.pass(749), none)
    assert.deepStrictEqual(pool.pass(1), ["Connect 1"])
    assert.deepStrictEqual(pool.pass(750), ["Abort 1", "Connect 2"])
  })

  it("is given up for the next one, and never a connection in use that was opened later", () => {
    const pool = withBorrowers(new PoolByHand(), 2)
    for (let caller = 0; caller < 4; caller++) pool.acquire()
    assert.deepStrictEqual(pool.connected(4), ["Lend 4 to 2", "Connect 5"])
    pool.dialFailed(5)
    assert.deepStrictEqual(pool.pass(750), ["Abort 3", "Connect 6"])
  })

  it("is overtaken although the server was heard in one that has ended", () => {
    const pool = new PoolByHand()
    pool.acquire()
    pool.heard(0)
    assert.deepStrictEqual(pool.pass(2_000), none)
    pool.dialFailed(0)
    assert.deepStrictEqual(pool.pass(100), ["Connect 1"])
    assert.deepStrictEqual(pool.pass(750), ["Connect 2"])
  })

  it("is overtaken although the server was heard in one that has become a connection", () => {
    const pool = new PoolByHand()
    pool.acquire()
    pool.heard(0)
    pool.connected(0)
    pool.acquire()
    pool.dialFailed(1)
    assert.deepStrictEqual(pool.pass(1_000), ["Connect 2", "Connect 3"])
  })

  it("is not overtaken in a pool of one", () => {
    const pool = new PoolByHand({ max: 1 })
    pool.acquire()
    assert.deepStrictEqual(pool.pass(4_999), none)
  })

  it("is not overtaken by one that the pool has no room for", () => {
    const pool = withBorrowers(new PoolByHand({ max: 2 }), 1)
    pool.acquire()
    pool.dialFailed(1)
    assert.deepStrictEqual(pool.pass(100), ["Connect 2"])
    assert.deepStrictEqual(pool.pass(4_000), none)
  })

  it("has others begun beside it where connections exist, as many as the ramp allows", () => {
    const pool = withBorrowers(new PoolByHand(), 2)
    assert.deepStrictEqual(pool.acquire(), ["Connect 2"])
    assert.deepStrictEqual(pool.pass(749), none)
    assert.deepStrictEqual(pool.pass(1), ["Connect 3"])
    assert.deepStrictEqual(pool.pass(750), ["Connect 4"])
    assert.deepStrictEqual(pool.pass(3_000), none)
  })

  it("is no hope for a caller who comes later", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.acquire()
    pool.cancel(1)
    assert.deepStrictEqual(pool.pass(800), none)
    assert.deepStrictEqual(pool.acquire(), ["Connect 2"])
  })

  it("has none begun beside it for as long as its server is at work, and no longer", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.acquire()
    pool.heard(1)
    assert.deepStrictEqual(pool.pass(5_749), none)
    assert.deepStrictEqual(pool.pass(1), ["Connect 2"])
  })

  it("is overtaken although its server was heard, once that was longer ago than a dial usually takes", () => {
    const pool = new PoolByHand({ acquireTimeout: Duration.seconds(30) })
    pool.acquire()
    pool.pass(5_000)
    for (const id of [0, 6]) pool.dialFailed(id)
    assert.deepStrictEqual(pool.pass(100), ["Connect 7"])
    assert.strictEqual(pool.within, 10_000)
    pool.heard(7)
    assert.deepStrictEqual(pool.pass(5_749), none)
    assert.deepStrictEqual(pool.pass(1), ["Connect 8"])
  })

  it("is not overtaken for a caller for whom an idle connection is being proven", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.acquire()
    pool.dialFailed(1)
    assert.deepStrictEqual(pool.pass(1_000).slice(0, 2), ["Connect 2", "Connect 3"])
    assert.deepStrictEqual(pool.release(0), ["Prove 0 by roundTrip"])
    assert.deepStrictEqual(pool.pass(4_000), none)
  })

  it("is not overtaken before the breaker lets another dial", () => {
    const pool = new PoolByHand()
    pool.acquire()
    assert.deepStrictEqual(pool.pass(750), ["Connect 1"])
    pool.dialFailed(1, { retryAfter: Duration.seconds(4) })
    assert.deepStrictEqual(pool.pass(3_999), none)
    assert.deepStrictEqual(pool.pass(1), ["Connect 2"])
  })
})

describe("a dial that is overtaken", () => {
  /** A swallowed dial, and a later one that is about to be answered. */
  const overtaken = (config: Partial<PoolConfig> = {}) => {
    const pool = new PoolByHand(config)
    pool.acquire()
    assert.deepStrictEqual(pool.pass(750), ["Connect 1"])
    return pool
  }

  it("is given up when a later one succeeds, and begins no outage at its end", () => {
    const pool = overtaken()
    assert.deepStrictEqual(pool.connected(1), ["Abort 0", "Lend 1 to 0"])
    pool.pass(4_250)
    assert.deepStrictEqual(pool.dialFailed(0), none)
    assert.strictEqual(pool.state.breaker._tag, "Closed")
  })

  it("makes room for who waits behind", () => {
    const pool = overtaken({ max: 2 })
    pool.acquire()
    assert.deepStrictEqual(pool.connected(1), ["Abort 0", "Lend 1 to 0", "Connect 2"])
  })

  it("is no hope any more once a later one has succeeded, although its server was heard", () => {
    const pool = new PoolByHand({ max: 4 })
    pool.acquire()
    pool.connected(0)
    pool.acquire()
    pool.heard(1)
    pool.pass(100)
    pool.acquire()
    assert.deepStrictEqual(pool.connected(2), ["Lend 2 to 1"])
    pool.release(0, false)
    pool.release(2, false)
    assert.deepStrictEqual(pool.pass(749), none)
    assert.deepStrictEqual(pool.pass(1), ["Connect 3"])
  })

  it("goes on where its server was heard, or it is being prepared", () => {
    for (const sign of ["heard", "preparing"] as const) {
      const pool = overtaken()
      pool[sign](0)
      assert.deepStrictEqual(pool.connected(1), ["Lend 1 to 0"])
    }
  })

  it("goes on where another is heard, too, and it is not the last that was", () => {
    const pool = overtaken()
    pool.heard(0)
    pool.heard(1)
    assert.deepStrictEqual(pool.connected(1), ["Lend 1 to 0"])
  })

  it("is an earlier one: what began later may be answered as late", () => {
    const pool = overtaken()
    pool.pass(749)
    assert.deepStrictEqual(pool.connected(0), ["Lend 0 to 0"])
    const together = withBorrowers(new PoolByHand(), 1)
    together.acquire()
    together.acquire()
    together.pass(750)
    assert.notInclude(together.connected(2), "Abort 1")
  })
})

describe("the time for a dial", () => {
  const afterSilence = (pool: PoolByHand, id: number) => {
    pool.pass(5_000)
    pool.dialFailed(id)
    pool.pass(100)
    return pool.within
  }

  it("is twice as long after one that had no answer in time, where another can overtake it", () => {
    const pool = new PoolByHand()
    pool.acquire()
    assert.strictEqual(pool.within, 5_000)
    pool.heard(0)
    assert.strictEqual(afterSilence(pool, 0), 10_000)
  })

  it("is no longer after a refusal, however late that came", () => {
    const pool = new PoolByHand()
    pool.acquire()
    pool.heard(0)
    pool.pass(4_999)
    pool.dialFailed(0)
    pool.pass(100)
    assert.strictEqual(pool.within, 5_000)
  })

  it("is no longer in a pool of one, which would wait for nothing else", () => {
    const pool = new PoolByHand({ max: 1 })
    pool.acquire()
    assert.strictEqual(afterSilence(pool, 0), 5_000)
  })

  it("is no longer beside a connection that exists", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.acquire()
    assert.strictEqual(afterSilence(pool, 1), 5_000)
  })
})

describe("dials that were under way together", () => {
  it("count as one failure when they fail", () => {
    const pool = withTwoDials()
    pool.dialFailed(1)
    pool.pass(5)
    pool.dialFailed(2)
    assert.strictEqual(failures(pool), 1)
  })

  it("count as one failure even when a probe has begun since", () => {
    const pool = withTwoDials()
    pool.dialFailed(1)
    assert.deepStrictEqual(pool.pass(1_000), ["Connect 3"])
    assert.strictEqual(pool.state.breaker._tag, "HalfOpen")
    pool.dialFailed(2)
    assert.strictEqual(pool.state.breaker._tag, "HalfOpen")
  })

  it("count as one failure when both are told to come back as late, or the second no later", () => {
    const retryAfter = Duration.seconds(4)
    const together = withTwoDials()
    together.dialFailed(1, { retryAfter })
    together.dialFailed(2, { retryAfter })
    assert.strictEqual(failures(together), 1)
    const spread = withTwoDials()
    spread.dialFailed(1, { retryAfter }, 0.9)
    spread.pass(5)
    spread.dialFailed(2, { retryAfter })
    assert.strictEqual(failures(spread), 1)
  })

  it("leave the server the peace that only the later one was told of, even beside a probe", () => {
    for (const until of [5, 1_000]) {
      const pool = withTwoDials()
      pool.dialFailed(1)
      pool.pass(until)
      pool.dialFailed(2, { retryAfter: Duration.seconds(4) })
      assert.include(Breaker.describe(pool.state.breaker, pool.now), "open for 4000ms more")
    }
  })

  it("are not those that follow each other without a delay: each of them counts", () => {
    const redialDelay = { base: Duration.zero, cap: Duration.zero }
    const pool = new PoolByHand({ redialDelay })
    pool.acquire()
    for (let id = 0; id < 3; id++)
      assert.deepStrictEqual(pool.dialFailed(id), [`Connect ${id + 1}`])
    assert.strictEqual(failures(pool), 3)
  })
})

describe("an outage that nobody has met since", () => {
  /** A dial has failed for a caller whom the only connection has served meanwhile. */
  const unmet = (error: Partial<ConnectError> = {}) => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.acquire()
    pool.dialFailed(1, error)
    assert.deepStrictEqual(pool.release(0), ["Lend 0 to 1"])
    pool.release(0)
    return pool
  }

  it("is over after ten seconds, without a dial, and is told of", () => {
    const pool = unmet()
    assert.strictEqual(pool.dueIn, 10_000)
    pool.pass(9_999)
    assert.strictEqual(pool.state.breaker._tag, "Open")
    assert.deepStrictEqual(pool.pass(1), none)
    assert.deepStrictEqual(pool.state.breaker, Breaker.closed)
    assert.deepStrictEqual(pool.events, [{ _tag: "Lapsed", attempts: 1, after: 10_000 }])
    assert.strictEqual(pool.dueIn, 290_000)
  })

  it("is over before whatever comes then, also where the tick is late", () => {
    const pool = unmet()
    pool.now += 10_000
    assert.deepStrictEqual(pool.acquire(), ["Prove 0 by roundTrip"])
    assert.strictEqual(pool.state.breaker._tag, "Closed")
  })

  it("goes on for as long as the server wants to be left alone", () => {
    const pool = unmet({ retryAfter: Duration.minutes(1) })
    pool.pass(59_999)
    assert.strictEqual(pool.state.breaker._tag, "Open")
    pool.pass(1)
    assert.strictEqual(pool.state.breaker._tag, "Closed")
  })

  it("goes on where nothing is open, until somebody asks", () => {
    const pool = new PoolByHand()
    pool.acquire()
    pool.dialFailed(0)
    pool.cancel(0)
    assert.deepStrictEqual(pool.pass(3_600_000), none)
    assert.strictEqual(pool.state.breaker._tag, "Open")
    assert.deepStrictEqual(pool.acquire(), ["Connect 1"])
  })
})

describe("what is told of dials", () => {
  it("says how long one took that succeeded", () => {
    const pool = new PoolByHand()
    pool.pass(1_000)
    pool.acquire()
    pool.pass(40)
    pool.connected(0)
    assert.deepStrictEqual(pool.events, [{ _tag: "Dialed", took: 40 }])
  })

  it("says once that the breaker opened, and after each failure when the next dial is", () => {
    const pool = new PoolByHand({ acquireTimeout: Duration.seconds(2) })
    pool.pass(1_000)
    pool.acquire()
    pool.dialFailed(0)
    assert.deepStrictEqual(pool.events, [
      { _tag: "BreakerOpened", detail: "refused", refused: 0 },
      { _tag: "DialFailed", attempt: 1, attempts: 6, detail: "refused", retryIn: 100 }
    ])
    pool.pass(100)
    pool.dialFailed(1)
    assert.deepStrictEqual(pool.events, [
      { _tag: "DialFailed", attempt: 2, attempts: 6, detail: "refused", retryIn: 200 }
    ])
  })

  it("says after how many attempts and how long the server is back, and beside what", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.pass(1_000)
    pool.acquire()
    pool.dialFailed(1)
    pool.pass(100)
    pool.dialFailed(2)
    pool.pass(200)
    pool.connected(3)
    assert.deepStrictEqual(pool.events, [
      { _tag: "Dialed", took: 0 },
      { _tag: "Reconnected", attempts: 3, after: 300, beside: 1 }
    ])
  })
})
