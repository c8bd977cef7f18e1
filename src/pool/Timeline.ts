import { type Clock, DateTime, Effect, PubSub, Stream } from "effect"
import type { Fork } from "../runtime/Fork.ts"
import type { PoolEvent } from "./PoolEvent.ts"
import { log } from "./PoolLog.ts"

/** An event and the moment it happened. */
export interface Occurrence {
  readonly at: DateTime.Utc
  readonly event: PoolEvent
}

/** Most occurrences that a slow listener may be behind; then it loses the oldest. */
const capacity = 1024

/** What happens in a pool, to its log and to whoever listens. */
export class Timeline {
  private readonly occurrences: PubSub.PubSub<Occurrence>
  private readonly clock: Clock.Clock
  private readonly fork: Fork

  private constructor(occurrences: PubSub.PubSub<Occurrence>, clock: Clock.Clock, fork: Fork) {
    this.occurrences = occurrences
    this.clock = clock
    this.fork = fork
  }

  /** A timeline whose log lines are written by fibers of `fork`. */
  static readonly make = (fork: Fork): Effect.Effect<Timeline> =>
    Effect.zipWith(
      PubSub.sliding<Occurrence>(capacity),
      Effect.clock,
      (occurrences, clock) => new Timeline(occurrences, clock, fork)
    )

  /** From the moment of listening on; it never ends. */
  get events(): Stream.Stream<Occurrence> {
    return Stream.fromPubSub(this.occurrences)
  }

  tell(event: PoolEvent): void {
    const at = DateTime.unsafeMake(this.clock.unsafeCurrentTimeMillis())
    this.occurrences.unsafeOffer({ at, event })
    this.fork(log(event))
  }
}
