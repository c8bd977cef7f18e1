import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc } from "effect"
import { type EventLoop, TurnScheduler } from "../../src/http/TurnScheduler.ts"

/** An event loop whose time passes only while tasks run. */
class SimulatedLoop implements EventLoop {
  time = 0
  turns = 0
  private microtasks: Array<() => void> = []
  private immediates: Array<() => void> = []

  readonly now = () => this.time
  readonly soon = (callback: () => void) => {
    this.microtasks.push(callback)
  }
  readonly inNextTurn = (callback: () => void) => {
    this.immediates.push(callback)
  }

  /** To the end of what is ready without reading a socket; tells how long that took. */
  readonly turn = (): number => {
    const began = this.time
    this.turns += 1
    const due = this.immediates
    this.immediates = []
    for (const callback of due) this.call(callback)
    this.settle()
    return this.time - began
  }

  readonly settle = (): void => {
    for (let next = this.microtasks.shift(); next !== undefined; next = this.microtasks.shift()) {
      this.call(next)
    }
  }

  get isIdle(): boolean {
    return this.microtasks.length + this.immediates.length === 0
  }

  /** As Node.js does where somebody listens for uncaught exceptions. */
  private call(callback: () => void): void {
    try {
      callback()
    } catch {
      this.time += 0
    }
  }
}

const task = fc.record({
  priority: fc.integer({ min: 0, max: 2 }),
  millis: fc.double({ min: 0, max: 3, noNaN: true }),
  throws: fc.boolean(),
  /** Others that it makes ready, as one fiber wakes another. */
  wakes: fc.integer({ min: 0, max: 2 })
})

describe("requests that come all at once", () => {
  it.prop(
    "are all worked on, those of one priority in their order, and no turn takes longer than its slice",
    [fc.array(task, { maxLength: 300 })],
    ([tasks]) => {
      const loop = new SimulatedLoop()
      const scheduler = new TurnScheduler(loop)
      const seen: Array<readonly [priority: number, number: number]> = []
      let scheduled = 0
      const schedule = (priority: number, work: () => void) => {
        const number = scheduled++
        const run = () => {
          seen.push([priority, number])
          work()
        }
        scheduler.scheduleTask(run, priority)
      }
      for (const { millis, priority, throws, wakes } of tasks) {
        schedule(priority, () => {
          loop.time += millis
          for (let count = 0; count < wakes; count++) schedule(priority, () => undefined)
          if (throws) throw new Error("a defect of one")
        })
      }
      const turns = [loop.turn()]
      while (!loop.isIdle) turns.push(loop.turn())
      // 4 ms, what had begun by then, and a share of each other priority with what had begun in it.
      assert.isBelow(Math.max(...turns), 4 + 3 + 2 * (1 + 3) + 0.001)
      assert.lengthOf(seen, scheduled)
      for (const priority of [0, 1, 2]) {
        const numbers = seen.flatMap(([of, number]) => (of === priority ? [number] : []))
        assert.deepStrictEqual(
          numbers,
          numbers.toSorted((one, other) => one - other)
        )
      }
    }
  )

  it("let who only asks go first, and are not forgotten over it", () => {
    const loop = new SimulatedLoop()
    const scheduler = new TurnScheduler(loop)
    const seen: Array<string> = []
    const work = (name: string) => () => {
      seen.push(name)
      loop.time += 3
    }
    for (const name of ["sign-up 1", "sign-up 2", "sign-up 3"])
      scheduler.scheduleTask(work(name), 1)
    for (const name of ["look-up 1", "look-up 2", "look-up 3"])
      scheduler.scheduleTask(work(name), 0)
    loop.settle()
    assert.deepStrictEqual(seen, ["look-up 1", "look-up 2"])
    loop.turn()
    assert.deepStrictEqual(seen.slice(2), ["sign-up 1", "look-up 3"])
    loop.turn()
    assert.deepStrictEqual(seen.slice(4), ["sign-up 2", "sign-up 3"])
  })

  it.live("leave the event loop to its sockets in between", () =>
    Effect.gen(function* () {
      const busy = Effect.sync(() => {
        const end = performance.now() + 2
        while (performance.now() < end);
      })
      let turns = 0
      const count = () => {
        turns += 1
        immediate = setImmediate(count)
      }
      let immediate = setImmediate(count)
      yield* Effect.forEach(Array.from({ length: 50 }), () => busy, { concurrency: 50 }).pipe(
        Effect.withScheduler(new TurnScheduler())
      )
      clearImmediate(immediate)
      // 100 ms of work in slices of 4 ms.
      assert.isAbove(turns, 10)
    })
  )
})
