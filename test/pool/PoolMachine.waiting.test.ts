import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { resting } from "../../src/pool/Pace.ts"
import type { AcquireError } from "../../src/pool/PoolError.ts"
import { PoolByHand, withBorrowers, withIdle } from "./PoolByHand.ts"

const none: ReadonlyArray<string> = []

/** What the last caller was told that was refused. */
const refusal = ({ commands }: PoolByHand): AcquireError | undefined =>
  commands.findLast((command) => command._tag === "Refuse")?.error

const secondsToWait = (pool: PoolByHand): number | undefined => {
  const error = refusal(pool)
  return error !== undefined && "retryAfter" in error && error.retryAfter !== undefined
    ? Duration.toSeconds(error.retryAfter)
    : undefined
}

/** A pool of one whose connection is in use. It is 5 seconds now. */
const busy = (maxWaiting = 100) => {
  const pool = withBorrowers(new PoolByHand({ max: 1, maxWaiting }), 1)
  pool.pass(5_000)
  return pool
}

describe("a caller whose time is up", () => {
  it("is told for how long it waited, what stands in the way, and to come back in a second", () => {
    const pool = busy()
    pool.acquire()
    assert.deepStrictEqual(pool.pass(9_999), none)
    assert.deepStrictEqual(pool.pass(1), ["Refuse 1: AcquireTimeout"])
    assert.strictEqual(
      refusal(pool)?.message,
      "No connection after 10s (total 1 of 1, idle 0, active 1, connecting 0, waiting 1, breaker closed; hold connections for a shorter time, or raise max)."
    )
    assert.strictEqual(secondsToWait(pool), 1)
  })

  it("is told to come back in a second while others serve, although nothing is dialed for a minute", () => {
    const pool = withBorrowers(new PoolByHand({ max: 2 }), 1)
    pool.acquire()
    pool.dialFailed(1, { isFatal: true, retryAfter: Duration.minutes(1) })
    assert.deepStrictEqual(pool.pass(10_000), ["Refuse 1: AcquireTimeout"])
    assert.strictEqual(secondsToWait(pool), 1)
  })

  it("is told of in the log with others, once a second, also if no more follow", () => {
    const pool = busy()
    for (const later of [300, 300, 800, 300, 700]) {
      pool.acquire()
      pool.pass(later)
    }
    pool.pass(7_599)
    const told: Array<string | undefined> = []
    for (const later of [1, 300, 300, 400, 400, 300, 300]) {
      pool.pass(later)
      told.push(
        ...pool.events.map((event) =>
          event._tag === "TimedOut" ? `at ${pool.now}: ${event.detail.split(";")[0]}` : event._tag
        )
      )
    }
    assert.deepStrictEqual(told, [
      "at 85000: 1 given up",
      "at 86000: 2 given up",
      "at 87000: 2 given up"
    ])
  })

  it("is told of with the number of dials that failed while it waited", () => {
    const pool = new PoolByHand({ acquireTimeout: Duration.seconds(1) })
    for (let id = 0; id < 2; id++) {
      pool.acquire()
      pool.dialFailed(id, { isFatal: true })
      pool.pass(1_000)
    }
    pool.acquire()
    pool.dialFailed(2)
    pool.pass(500)
    pool.dialFailed(3)
    pool.pass(500)
    const told = pool.events.find((event) => event._tag === "TimedOut")
    assert.strictEqual(told?.attempts, 2)
  })
})

describe("a caller who can't be served in time", () => {
  const resting = (seconds: number) => {
    const pool = new PoolByHand()
    pool.pass(5_000)
    pool.acquire()
    return { pool, told: pool.dialFailed(0, { retryAfter: Duration.seconds(seconds) }) }
  }

  it("is told so at once, and when the next dial is", () => {
    const { pool, told } = resting(60)
    assert.deepStrictEqual(told, ["Refuse 0: AcquireTimeout"])
    assert.strictEqual(secondsToWait(pool), 60)
    pool.pass(1_000)
    assert.deepStrictEqual(pool.acquire(), ["Refuse 1: AcquireTimeout"])
    assert.match(refusal(pool)?.message ?? "", /^No connection can be had within 10s \(total 0 of/)
    assert.strictEqual(secondsToWait(pool), 59)
  })

  it("is the one whose deadline comes before the next dial: any other waits", () => {
    assert.deepStrictEqual(resting(10).told, none)
    const { pool } = resting(60)
    pool.pass(50_000)
    assert.deepStrictEqual(pool.acquire(), none)
    assert.deepStrictEqual(pool.pass(10_000).length, 1)
  })

  it("waits all the same where a connection may come back, or a dial is under way", () => {
    const beside = withBorrowers(new PoolByHand(), 1)
    beside.acquire()
    assert.deepStrictEqual(beside.dialFailed(1, { retryAfter: Duration.seconds(60) }), none)
    assert.deepStrictEqual(beside.release(0), ["Lend 0 to 1"])
    const both = withBorrowers(new PoolByHand(), 1)
    both.acquire()
    both.acquire()
    assert.deepStrictEqual(both.dialFailed(1, { retryAfter: Duration.seconds(60) }), none)
    const dialing = new PoolByHand()
    dialing.acquire()
    dialing.pass(750)
    assert.deepStrictEqual(dialing.dialFailed(1, { retryAfter: Duration.seconds(60) }), none)
    assert.deepStrictEqual(dialing.connected(0), ["Lend 0 to 0"])
  })

  it("is told so when the last connection ends on which it had hoped", () => {
    const pool = withBorrowers(new PoolByHand(), 1)
    pool.acquire()
    pool.dialFailed(1, { retryAfter: Duration.seconds(60) })
    assert.deepStrictEqual(pool.release(0, false), ["Close 0", "Refuse 1: AcquireTimeout"])
  })
})

describe("a queue that is full", () => {
  it("turns away who comes, and is told of once until it was half empty", () => {
    const pool = busy(3)
    for (let caller = 1; caller <= 3; caller++) pool.acquire()
    assert.deepStrictEqual(pool.acquire(), ["Refuse 4: QueueFull"])
    assert.deepStrictEqual(pool.events, [{ _tag: "QueueFull", detail: "maxWaiting 3" }])
    assert.strictEqual(secondsToWait(pool), 1)
    pool.acquire()
    assert.deepStrictEqual(pool.events, [])
    pool.cancel(1)
    assert.deepStrictEqual(pool.acquire(), none)
    assert.deepStrictEqual(pool.acquire(), ["Refuse 7: QueueFull"])
    assert.deepStrictEqual(pool.events, [])
    pool.cancel(2)
    pool.cancel(3)
    pool.acquire()
    pool.acquire()
    assert.deepStrictEqual(pool.acquire(), ["Refuse 10: QueueFull"])
    assert.deepStrictEqual(pool.events, [{ _tag: "QueueFull", detail: "maxWaiting 3" }])
  })

  it("says so again when it was exactly half empty", () => {
    const pool = busy(2)
    for (let caller = 1; caller <= 3; caller++) pool.acquire()
    pool.cancel(1)
    pool.acquire()
    pool.acquire()
    assert.deepStrictEqual(pool.events, [{ _tag: "QueueFull", detail: "maxWaiting 2" }])
  })
})

describe("a queue whose pace is known", () => {
  /** 74 wait, and one is served each 100 ms, long enough for that to be known. */
  const moving = ({ max } = { max: 1 }, meanwhile: (pool: PoolByHand) => void = () => {}) => {
    const pool = withBorrowers(new PoolByHand({ max, maxWaiting: 100 }), 1)
    for (let caller = 1; caller <= 74; caller++) pool.acquire()
    meanwhile(pool)
    for (let turn = 0; turn < 40; turn++) {
      pool.pass(100)
      pool.acquire()
      pool.release(0)
    }
    return pool
  }

  it("turns away at once who would wait for longer than three quarters of its time", () => {
    const pool = moving()
    assert.deepStrictEqual(pool.acquire(), none)
    assert.deepStrictEqual(pool.acquire(), ["Refuse 116: AcquireTimeout"])
    assert.match(
      refusal(pool)?.message ?? "",
      /^No connection can be had within 10s: by the pace of the queue it would take 7s 600ms \(total 1 of 1, .*; hold connections for a shorter time, or raise max\)\.$/
    )
    assert.strictEqual(secondsToWait(pool), 7.6)
    assert.deepInclude(pool.events[0], { _tag: "TimedOut", attempts: 0 })
    assert.match(
      pool.events.map((event) => ("detail" in event ? event.detail : "")).join(),
      /^1 given up; /
    )
  })

  it("turns away by its pace also where the server grants no more, and each dial fails", () => {
    const pool = moving({ max: 2 }, (begun) => begun.dialFailed(1))
    assert.notStrictEqual(pool.state.breaker._tag, "Closed")
    assert.deepStrictEqual(pool.acquire(), none)
    assert.deepStrictEqual(pool.acquire(), ["Refuse 116: AcquireTimeout"])
  })

  it("turns nobody away for a pace that an outage has ended", () => {
    const pool = moving()
    pool.acquire()
    pool.release(0, false)
    pool.dialFailed(1)
    assert.deepStrictEqual(pool.acquire(), none)
  })

  it("forgets its pace with those who were all refused", () => {
    const pool = moving()
    pool.release(0, false)
    pool.dialFailed(1, { isFatal: true })
    assert.strictEqual(pool.state.waiting.size, 0)
    assert.strictEqual(pool.state.pace, resting)
  })

  it("forgets its pace when it is empty", () => {
    const pool = moving()
    for (let turn = 0; turn < 75; turn++) pool.release(0)
    for (let caller = 0; caller < 90; caller++) pool.acquire()
    assert.strictEqual(pool.state.waiting.size, 89)
  })
})

describe("a closed pool", () => {
  it("refuses who waits and who comes, and gives up its dials", () => {
    const pool = withIdle(new PoolByHand({ max: 2 }), 1)
    for (let caller = 1; caller <= 3; caller++) pool.acquire()
    assert.deepStrictEqual(pool.close(), [
      "Refuse 2: PoolClosed",
      "Refuse 3: PoolClosed",
      "Abort 1"
    ])
    assert.deepStrictEqual(pool.acquire(), ["Refuse 4: PoolClosed"])
    assert.deepStrictEqual(pool.warm(), none)
    assert.deepStrictEqual(pool.release(0), ["Close 0"])
    assert.deepStrictEqual(pool.events, [{ _tag: "Evicted", reason: "drain", detail: "" }])
  })

  it("refuses who was about to get a connection that turns out to be dead", () => {
    const pool = withIdle(new PoolByHand(), 1)
    pool.acquire()
    const lend = pool.commands.find((command) => command._tag === "Lend")
    assert.isDefined(lend)
    pool.close()
    const told = lend === undefined ? none : pool.unfit(0, lend.waiter)
    assert.deepStrictEqual(told, ["Refuse 1: PoolClosed", "Close 0"])
  })
})
