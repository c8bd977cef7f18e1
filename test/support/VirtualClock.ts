import { Clock, Duration, Effect } from "effect"

interface Sleeper {
  readonly until: number
  readonly wake: () => void
}

/** Lets a fiber that was woken come to its next sleep. */
const settled = Effect.repeatN(Effect.yieldNow(), 12)

/**
 * A clock that stands still until it is told to go on. It wakes sleepers one instant after the other,
 * as the `TestClock` does, at a thousandth of the cost: for programs that sleep often, run many times.
 */
export class VirtualClock implements Clock.Clock {
  readonly [Clock.ClockTypeId]: Clock.ClockTypeId = Clock.ClockTypeId
  private now = 0
  private sleepers: ReadonlyArray<Sleeper> = []

  /** How many fibers sleep. */
  get sleeping(): number {
    return this.sleepers.length
  }

  unsafeCurrentTimeMillis(): number {
    return this.now
  }

  unsafeCurrentTimeNanos(): bigint {
    return BigInt(Math.round(this.now * 1e6))
  }

  readonly currentTimeMillis = Effect.sync(() => this.unsafeCurrentTimeMillis())
  readonly currentTimeNanos = Effect.sync(() => this.unsafeCurrentTimeNanos())

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    return Effect.async((resume) => {
      const sleeper = {
        until: this.now + Duration.toMillis(duration),
        wake: () => resume(Effect.void)
      }
      this.sleepers = [...this.sleepers, sleeper]
      return Effect.sync(() => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper)
      })
    })
  }

  /** Lets this much time pass; everything that is due meanwhile happens at its own instant. */
  readonly advance = (duration: Duration.DurationInput): Effect.Effect<void> =>
    Effect.suspend(() => this.advanceTo(this.now + Duration.toMillis(duration)))

  private advanceTo(end: number): Effect.Effect<void> {
    return Effect.flatMap(settled, () => {
      const next = Math.min(...this.sleepers.map(({ until }) => until))
      this.now = Math.min(next, end)
      if (next > end) return Effect.void
      const due = this.sleepers.filter(({ until }) => until <= next)
      this.sleepers = this.sleepers.filter(({ until }) => until > next)
      for (const { wake } of due) wake()
      return this.advanceTo(end)
    })
  }
}
