import { Clock, Duration, Effect } from "effect"

/** An interrupt returns within 100 ms whatever the network does; this leaves room to act on it. */
const whole = Duration.millis(80)

/**
 * The time of one interrupt, shared by all that it leaves to do on a session: to cancel the statement
 * under way, to roll back each savepoint, and the transaction. Whoever needs it first starts it.
 */
export class InterruptTime {
  /** In nanoseconds of the clock; absent while no interrupt is being acted on. */
  private endsAt: bigint | undefined

  /** Something else was begun on the session: what is interrupted next is another interrupt's. */
  over(): void {
    this.endsAt = undefined
  }

  /** Takes something back within what is left of the time, or else gives it up. */
  takeBack(
    undo: Effect.Effect<unknown, unknown>,
    giveUp: Effect.Effect<void>
  ): Effect.Effect<void> {
    return Effect.flatMap(this.left, (left) =>
      Duration.equals(left, Duration.zero)
        ? giveUp
        : Effect.timeout(Effect.interruptible(undo), left).pipe(
            Effect.catchAllCause(() => giveUp),
            Effect.asVoid
          )
    )
  }

  private readonly left: Effect.Effect<Duration.Duration> = Effect.map(
    Clock.currentTimeNanos,
    (now) => {
      this.endsAt ??= now + Duration.unsafeToNanos(whole)
      return this.endsAt > now ? Duration.nanos(this.endsAt - now) : Duration.zero
    }
  )
}
