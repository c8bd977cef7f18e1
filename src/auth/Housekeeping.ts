import { Cause, Context, Duration, Effect, Layer, Random, Stream } from "effect"
import { makeFork } from "../runtime/Fork.ts"
import { instantOf } from "../runtime/Instant.ts"
import { nothing, type Pruned, Pruning, plus } from "./Pruning.ts"

/** How often the database is pruned, and whether there is room for it. */
export interface HousekeepingOptions {
  /** About how often each instance prunes, as long as there is traffic. Default one hour. */
  readonly interval?: Duration.DurationInput
  /**
   * Whether there is room for it now, asked before each statement: a pool in which nobody waits.
   * Default: always.
   */
  readonly hasRoom?: Effect.Effect<boolean>
}

/**
 * Has the database pruned while it is awake anyway.
 *
 * No timer runs. Each answer of the database to a statement that somebody's request has caused is
 * the occasion to look at the clock, so a database without requests is left asleep. One pruning
 * follows the answer, in the background, a statement at a time over one connection; it stops where
 * there is no room for it. What goes wrong in it is one line in the log.
 *
 * By default it does nothing, so nothing needs to provide it.
 */
export class Housekeeping extends Context.Reference<Housekeeping>()("holdfast/auth/Housekeeping", {
  defaultValue: (): Occasion => ({ afterAnswer: Effect.void })
}) {
  /** Prunes behind the answers of the layers that it is provided to, until its scope closes. */
  static layer(options: HousekeepingOptions = {}): Layer.Layer<never, never, Pruning> {
    return Layer.scoped(Housekeeping, make(options))
  }
}

interface Occasion {
  /** Takes note that the database has just answered. Returns at once. */
  readonly afterAnswer: Effect.Effect<void>
}

/** Of the interval: how soon the rest is tried when there was no room for it. */
const SOONER = 1 / 12

const make = ({ hasRoom = Effect.succeed(true), interval = "1 hour" }: HousekeepingOptions) =>
  Effect.gen(function* () {
    const { batches } = yield* Pruning
    // Of the layer, not of the request: a transaction of the caller's is none of its business.
    const fork = yield* makeFork
    const clock = yield* Effect.clock
    const every = Duration.toMillis(Duration.decode(interval))
    const now = () => instantOf(clock)
    // The first comes at any time of the first interval, so that instances which start together do
    // not prune together, and that those which never live so long prune now and then, too.
    let due = now() + every * (yield* Random.next)

    const prune = Effect.gen(function* () {
      let share = 1
      const isCrowded = Effect.map(hasRoom, (isRoomy) => {
        if (!isRoomy) share = SOONER
        return !isRoomy
      })
      if (!(yield* isCrowded)) {
        const some = Stream.takeUntilEffect(batches, () => isCrowded)
        yield* report(yield* Stream.runFold(some, nothing, plus))
      }
      return share
    }).pipe(
      Effect.catchAllCause((cause) => Effect.as(complain(cause), 1)),
      Effect.withSpan("Housekeeping.prune", { root: true })
    )

    const afterAnswer = Effect.sync(() => {
      if (now() < due) return
      // Until it is over: one at a time.
      due = Number.POSITIVE_INFINITY
      fork(
        Effect.map(prune, (share) => {
          due = now() + every * share
        })
      )
    })
    return { afterAnswer }
  })

const report = ({ sessions, throttles, tokens }: Pruned) =>
  sessions + throttles + tokens === 0
    ? Effect.void
    : Effect.logInfo(
        `Pruned what has expired: ${sessions} sessions, ${tokens} tokens, ${throttles} throttles`
      )

const complain = (cause: Cause.Cause<unknown>) =>
  Cause.isInterruptedOnly(cause)
    ? Effect.void
    : Effect.logWarning(
        `What has expired was not pruned: ${Cause.prettyErrors(cause)
          .map(({ message }) => message)
          .join("; ")} It is tried again later.`
      )
