import { type Clock, Duration, Effect, type Scope } from "effect"
import { Alarm } from "./Alarm.ts"
import { type Fork, makeFork } from "./Fork.ts"
import { type Instant, instantOf } from "./Instant.ts"

/** One that has not come yet. */
interface Deadline {
  readonly at: number
  readonly onLate: Effect.Effect<void>
}

/**
 * Any number of deadlines with one timer. A fiber that races with each statement or request would cost more
 * than the statement.
 */
export class Deadlines {
  private readonly running = new Set<Deadline>()
  private readonly clock: Clock.Clock
  private readonly fork: Fork
  private readonly alarm: Alarm
  private readonly longestSleep: number

  private constructor(clock: Clock.Clock, fork: Fork, longestSleep = Number.POSITIVE_INFINITY) {
    this.clock = clock
    this.fork = fork
    this.longestSleep = longestSleep
    this.alarm = new Alarm(fork, () => this.ring())
  }

  /** None as yet; the scope ends their timer. */
  static readonly make = (clock: Clock.Clock): Effect.Effect<Deadlines, never, Scope.Scope> =>
    Effect.map(makeFork, (fork) => new Deadlines(clock, fork))

  /**
   * None as yet, and no scope: its timer sleeps for 100 ms at most, and not where there is none, so that a
   * process which has nothing else to do is not kept by it.
   */
  static readonly forever = (clock: Clock.Clock): Deadlines =>
    new Deadlines(clock, (effect) => Effect.runFork(Effect.withClock(effect, clock)), 100)

  /** Runs an effect when so much time has passed, unless what it returns is called before. */
  start(time: Duration.Duration, onLate: Effect.Effect<void>): () => void {
    const now = this.now()
    const deadline: Deadline = { at: now + Duration.toMillis(time), onLate }
    this.running.add(deadline)
    this.setAlarm(deadline.at, now)
    return () => void this.running.delete(deadline)
  }

  private now(): Instant {
    return instantOf(this.clock)
  }

  private setAlarm(next: number, now: number): void {
    this.alarm.set(Math.min(next, now + this.longestSleep), now)
  }

  private ring(): void {
    const now = this.now()
    const late = [...this.running].filter(({ at }) => at <= now)
    for (const deadline of late) this.running.delete(deadline)
    let next = Number.POSITIVE_INFINITY
    for (const { at } of this.running) next = Math.min(next, at)
    if (this.running.size > 0) this.setAlarm(next, now)
    for (const { onLate } of late) this.fork(onLate)
  }
}
