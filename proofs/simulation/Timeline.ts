import { Clock, Duration, Effect } from "effect"
import type { PCGRandom } from "effect/Utils"
import { undertaking } from "./undertaking.ts"

/** Milliseconds since the simulation began. */
export type Instant = number

interface Due {
  readonly at: Instant
  readonly task: () => void
}

/** What is due, in the order of time; what is due at the same instant, in the order it was set. */
class Agenda {
  private readonly due: Array<Due> = []

  get size(): number {
    return this.due.length
  }

  get next(): Instant {
    return this.due[0]?.at ?? Number.POSITIVE_INFINITY
  }

  /** Returns what takes it off again, true if it was still on. */
  add(entry: Due): () => boolean {
    let at = this.due.length
    while (at > 0 && (this.due[at - 1]?.at ?? 0) > entry.at) at -= 1
    this.due.splice(at, 0, entry)
    return () => {
      const found = this.due.indexOf(entry)
      if (found >= 0) this.due.splice(found, 1)
      return found >= 0
    }
  }

  take(now: Instant): (() => void) | undefined {
    return this.next <= now ? this.due.shift()?.task : undefined
  }
}

/** The longest delay of `setTimeout`: what is longer never rings. */
const longest = 2 ** 31 - 1

/** As `setTimeout` does it: whole milliseconds, cut off, at least one. */
const whole = (millis: number): number => Math.max(1, Math.trunc(millis))

/**
 * A clock that is moved by hand, with the turns of Node's event loop: timers that are due, then what
 * has arrived at the sockets, then those who asked for a turn. Fibers rest before each of them.
 */
export class Timeline implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  now: Instant = 0
  /** Until when the process was frozen last: nothing can have happened in time before. */
  thawedAt: Instant = -1
  private readonly timers = new Agenda()
  private readonly arrivals = new Agenda()
  private turns: Array<() => void> = []
  private readonly dice: PCGRandom | undefined
  private readonly rest: () => void

  /** With dice, half of the timers ring up to a millisecond late. `rest` runs between all events. */
  constructor(dice: PCGRandom | undefined, rest: () => void) {
    this.dice = dice
    this.rest = rest
  }

  /** Timers that are set. */
  get pending(): number {
    return this.timers.size
  }

  /** Calls back in so many milliseconds, as `setTimeout`. Returns what cancels it. */
  readonly wait = (millis: number, task: () => void): (() => boolean) => {
    if (millis > longest) return () => false
    return this.timers.add({ at: this.now + whole(millis) + this.lag(), task })
  }

  /** Something arrives from outside in so many milliseconds. Returns what cancels it. */
  arrive(millis: number, task: () => void): () => boolean {
    return millis === Number.POSITIVE_INFINITY
      ? () => false
      : this.arrivals.add({ at: this.now + millis, task })
  }

  /** Calls back when what has arrived by now has been read, as `setImmediate`. */
  turn(task: () => void): () => void {
    let isWanted = true
    this.turns.push(() => {
      if (isWanted) task()
    })
    return () => {
      isWanted = false
    }
  }

  /** Lets all happen that is due now. */
  settle(): void {
    this.rest()
    while (this.loop()) this.rest()
  }

  /** Lets time pass, instant by instant. */
  advance(millis: number): void {
    const until = this.now + millis
    this.settle()
    for (let next = this.next; next <= until; next = this.next) {
      this.now = Math.max(this.now, next)
      this.settle()
    }
    this.now = until
  }

  /** Lets time pass without the process, as a stop signal or a sleeping laptop does. */
  freeze(millis: number): void {
    this.settle()
    this.now += millis
    this.thawedAt = this.now
    this.settle()
  }

  unsafeCurrentTimeMillis(): number {
    return Math.trunc(this.now)
  }

  unsafeCurrentTimeNanos(): bigint {
    return BigInt(Math.round(this.now * 1e6))
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())

  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  scheduler(): Effect.Effect<Clock.ClockScheduler> {
    return Effect.succeed({
      unsafeSchedule: (task, duration) => this.wait(Duration.toMillis(duration), task)
    })
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return undertaking((resume) =>
      this.wait(Duration.toMillis(duration), () => resume(Effect.void))
    )
  }

  private get next(): Instant {
    return Math.min(this.timers.next, this.arrivals.next)
  }

  private lag(): number {
    return this.dice === undefined || this.dice.integer(2) === 0 ? 0 : this.dice.number()
  }

  /** One turn of the event loop; false when there was nothing to do. */
  private loop(): boolean {
    const asked = this.turns
    this.turns = []
    const rung = this.drain(this.timers)
    const read = this.drain(this.arrivals)
    for (const task of asked) this.fire(task)
    return rung || read || asked.length > 0
  }

  private drain(agenda: Agenda): boolean {
    const { now } = this
    let some = false
    for (let task = agenda.take(now); task !== undefined; task = agenda.take(now)) {
      some = true
      this.fire(task)
    }
    return some
  }

  private fire(task: () => void): void {
    task()
    this.rest()
  }
}
