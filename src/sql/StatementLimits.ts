import { type Clock, Effect, type Fiber, FiberSet, type Scope } from "effect"
import { Alarm } from "../pool/Alarm.ts"

/** One limit that is running. */
interface Limit {
  readonly at: number
  readonly onLate: Effect.Effect<void>
}

type Fork = (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>

/**
 * The time limits of all statements of a client, with one timer. A fiber that races with each statement
 * would cost more than the statement.
 */
export class StatementLimits {
  private readonly running = new Set<Limit>()
  private readonly clock: Clock.Clock
  private readonly fork: Fork
  private readonly alarm: Alarm

  private constructor(clock: Clock.Clock, fork: Fork) {
    this.clock = clock
    this.fork = fork
    this.alarm = new Alarm(fork, () => this.ring())
  }

  /** None as yet; the scope ends their timer. */
  static readonly make = (clock: Clock.Clock): Effect.Effect<StatementLimits, never, Scope.Scope> =>
    Effect.map(
      FiberSet.makeRuntime<never>(),
      (run) => new StatementLimits(clock, (effect) => run(Effect.interruptible(effect)))
    )

  /** Runs an effect after so many milliseconds, unless what it returns is called before. */
  start(millis: number, onLate: Effect.Effect<void>): () => void {
    const now = this.clock.unsafeCurrentTimeMillis()
    const limit: Limit = { at: now + millis, onLate }
    this.running.add(limit)
    this.alarm.set(limit.at, now)
    return () => void this.running.delete(limit)
  }

  private ring(): void {
    const now = this.clock.unsafeCurrentTimeMillis()
    const late = [...this.running].filter(({ at }) => at <= now)
    for (const limit of late) this.running.delete(limit)
    const next = Math.min(...[...this.running].map(({ at }) => at))
    if (this.running.size > 0) this.alarm.set(next, now)
    for (const { onLate } of late) this.fork(onLate)
  }
}
