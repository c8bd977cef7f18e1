import { Duration, Effect, type Scope } from "effect"
import { Deadlines } from "../runtime/Deadlines.ts"
import { undertaking } from "../runtime/Undertaking.ts"
import { HashingOverloaded } from "./AuthError.ts"

/** How much hashing may go on and wait. */
interface HashingQueueConfig {
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
}: HashingQueueConfig): Effect.Effect<HashingQueue, never, Scope.Scope> =>
  Effect.map(Effect.clockWith(Deadlines.make), (deadlines) => {
    const longestWait = Duration.decode(maxWait)
    const line = new Set<() => void>()
    let free = permits

    const giveBack = Effect.sync(() => {
      for (const enter of line) {
        line.delete(enter)
        return enter()
      }
      free += 1
    })

    // In one step: between looking for a permit and standing in line somebody could give one back.
    const permit = undertaking<void, HashingOverloaded>((resume) => {
      let hasPermit = false
      const enter = () => {
        stop()
        hasPermit = true
        resume(Effect.void)
      }
      const losePatience = Effect.sync(() => {
        if (line.delete(enter)) resume(new HashingOverloaded())
      })
      let stop = () => {}
      if (free > 0) {
        free -= 1
        enter()
      } else if (line.size < maxWaiting) {
        line.add(enter)
        stop = deadlines.start(longestWait, losePatience)
      } else {
        resume(new HashingOverloaded())
      }
      return Effect.suspend(() => {
        stop()
        line.delete(enter)
        // Interrupted in the moment in which it was let in.
        return hasPermit ? giveBack : Effect.void
      })
    })

    return (work) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.zipRight(restore(permit), Effect.ensuring(work, giveBack))
      )
  })
