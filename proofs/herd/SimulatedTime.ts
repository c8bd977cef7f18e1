import { Clock, Duration, Effect, type Fiber, Logger, LogLevel } from "effect"
import type { Scheduler } from "effect/Scheduler"
import { Agenda, type Instant } from "./Agenda.ts"

/**
 * A clock that jumps from one event to the next, and the scheduler of the fibers that live by it: at
 * each instant all of them run until none can. Nothing waits for real, and every run is the same.
 */
export class SimulatedTime implements Clock.Clock, Scheduler {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  now: Instant = 0
  private readonly agenda = new Agenda()
  private ready: Array<() => void> = []

  /** Calls back in so many milliseconds. Returns what calls it off. */
  after(millis: number, task: () => void): () => void {
    return this.agenda.add(this.now + Math.max(0, millis), task)
  }

  /** Runs a fiber by this clock. What it logs is not wanted. */
  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.RuntimeFiber<A, E> {
    const quiet = Logger.withMinimumLogLevel(effect, LogLevel.None)
    return Effect.runFork(Effect.withClock(quiet, this), { scheduler: this })
  }

  /** Lets time pass up to that instant, or until there is no need any more. */
  advance(until: Instant, isOver: () => boolean = () => false): void {
    this.settle()
    while (this.agenda.next <= until && !isOver()) {
      this.now = this.agenda.next
      this.agenda.take()?.()
      this.settle()
    }
    if (!isOver()) this.now = until
  }

  private settle(): void {
    while (this.ready.length > 0) {
      const tasks = this.ready
      this.ready = []
      for (const task of tasks) task()
    }
  }

  scheduleTask(task: () => void): void {
    this.ready.push(task)
  }

  shouldYield(): false {
    return false
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
      unsafeSchedule: (task, duration) => {
        const callOff = this.after(Duration.toMillis(duration), task)
        return () => {
          callOff()
          return true
        }
      }
    })
  }

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.async((resume) => {
      const callOff = this.after(Duration.toMillis(duration), () => resume(Effect.void))
      return Effect.sync(callOff)
    })
  }
}
