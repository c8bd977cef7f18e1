import { type Duration, Effect } from "effect"
import { HashingOverloaded } from "./AuthError.ts"

/** How much hashing may go on and wait. */
export interface HashingQueueConfig {
  /** Hashes computed at the same time. */
  readonly permits: number
  /** Hashes that may wait for a permit; further ones are refused at once. */
  readonly maxWaiting: number
  /** Longest wait for a permit. */
  readonly maxWait: Duration.DurationInput
}

/** Runs work when it is its turn, or refuses it. */
export type HashingQueue = <A>(work: Effect.Effect<A>) => Effect.Effect<A, HashingOverloaded>

/**
 * A bulkhead: no more than `permits` at work, no more than `maxWaiting` in line, in order of coming.
 *
 * Who waits can be interrupted and leaves the line. Work that has begun goes on to its end, because
 * its thread does: the permit must not be lent again before.
 */
export const makeHashingQueue = ({
  maxWait,
  maxWaiting,
  permits
}: HashingQueueConfig): Effect.Effect<HashingQueue> =>
  Effect.map(Effect.makeSemaphore(permits), (semaphore) => {
    let present = 0
    const inTurn = <A>(work: Effect.Effect<A>): Effect.Effect<A, HashingOverloaded> =>
      Effect.suspend(() => {
        let begun = false
        const atWork = Effect.uninterruptible(
          Effect.suspend(() => {
            begun = true
            return work
          })
        )
        const lostPatience = Effect.suspend(() => (begun ? Effect.never : new HashingOverloaded()))
        return Effect.raceFirst(
          semaphore.withPermits(1)(atWork),
          Effect.delay(lostPatience, maxWait)
        )
      })
    return (work) =>
      Effect.acquireUseRelease(
        Effect.suspend(() => {
          if (present >= permits + maxWaiting) return new HashingOverloaded()
          present += 1
          return Effect.void
        }),
        () => inTurn(work),
        () =>
          Effect.sync(() => {
            present -= 1
          })
      )
  })
