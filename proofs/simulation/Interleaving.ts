import type { Scheduler } from "effect/Scheduler"
import type { PCGRandom } from "effect/Utils"

/** So many tasks without a rest are no program's: something runs in circles. */
const endless = 100_000

/** Where fibers give way between any two operations: after 1 to this many. */
const longestRun = 50

/**
 * Runs fibers in this turn of the event loop until none can run. With dice it picks the next fiber
 * among all that can run, and for one seed in four has fibers give way between any two operations;
 * without, the first come runs first, and to its end, as Effect's own scheduler does it.
 */
export class Interleaving implements Scheduler {
  private ready: Array<() => void> = []
  private untilYield: number
  private readonly givesWay: boolean
  private readonly dice: PCGRandom | undefined

  constructor(dice: PCGRandom | undefined) {
    this.dice = dice
    this.givesWay = dice?.integer(4) === 0
    this.untilYield = this.run()
  }

  scheduleTask(task: () => void): void {
    this.ready.push(task)
  }

  shouldYield(): number | false {
    if (--this.untilYield > 0) return false
    this.untilYield = this.run()
    return 0
  }

  /** Runs until no fiber can. */
  settle(): void {
    for (let tasks = 0; this.ready.length > 0; tasks++) {
      if (tasks > endless) throw new Error("the fibers never come to rest")
      this.next()?.()
    }
  }

  private run(): number {
    return this.dice !== undefined && this.givesWay
      ? 1 + this.dice.integer(longestRun)
      : Number.POSITIVE_INFINITY
  }

  private next(): (() => void) | undefined {
    if (this.dice === undefined || this.ready.length === 1) return this.ready.shift()
    const at = this.dice.integer(this.ready.length)
    const task = this.ready[at]
    const last = this.ready.pop()
    if (last !== undefined && at < this.ready.length) this.ready[at] = last
    return task
  }
}
