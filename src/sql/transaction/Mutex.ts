import { Effect, type Exit, Scope } from "effect"
import { undertaking } from "../../runtime/Undertaking.ts"
import { Signal } from "../session/Signal.ts"

/**
 * Something short that calls back once, with its result. Returns what cancels it; when that has ended
 * nothing of it is under way any more.
 */
export type Task<A, E> = (done: (result: Exit.Exit<A, E>) => void) => Effect.Effect<void>

/** Gives what is to be done instead of something, if anything is. */
export type Detour<A, E> = () => Effect.Effect<A, E> | undefined

/** What one at a time may use, in the order of asking. Where it is free, taking it costs no step. */
export class Mutex {
  private isTaken = false
  private isCalling = false
  private waiting: Set<() => void> | undefined

  get isFree(): boolean {
    return !this.isTaken
  }

  /**
   * Runs a task in its turn, in one asynchronous step. What a detour gives is run instead: it is asked for in
   * the very step in which the task would begin, or begin to wait.
   */
  run<A, E>(task: Task<A, E>, detour?: Detour<A, E>): Effect.Effect<A, E> {
    return undertaking((resume) => {
      const instead = detour?.()
      if (instead !== undefined) {
        resume(instead)
        return Effect.void
      }
      let cancel: Effect.Effect<void> = Effect.void
      let isCancelled = false
      let isOver = false
      const end = (result: Effect.Effect<A, E>) => {
        // What cancels it may outlast its answer, and could hit what comes next.
        if (isCancelled || isOver) return
        isOver = true
        this.release()
        resume(result)
      }
      const begin = () => {
        try {
          cancel = task(end)
        } catch (defect) {
          // It begins where another has left, who must not meet what it throws.
          end(Effect.die(defect))
        }
      }
      this.take(begin)
      return Effect.suspend(() => {
        // It was answered, and its fiber interrupted before it had heard of that.
        if (isOver) return Effect.void
        isCancelled = true
        return Effect.ensuring(cancel, this.leaving(begin))
      })
    })
  }

  /** Waits for its turn, which lasts until the scope closes. */
  get held(): Effect.Effect<void, never, Scope.Scope> {
    return Effect.uninterruptibleMask((restore) => {
      const reached = new Signal()
      const begin = () => reached.give()
      this.take(begin)
      return Effect.zipRight(
        Effect.addFinalizer(() => this.leaving(begin)),
        restore(reached.given)
      )
    })
  }

  /** Runs an effect in its turn. */
  hold<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.scopedWith((scope) => Effect.zipRight(Scope.extend(this.held, scope), effect))
  }

  private take(begin: () => void): void {
    if (this.isTaken) {
      this.waiting ??= new Set()
      this.waiting.add(begin)
    } else {
      this.isTaken = true
      begin()
    }
  }

  /** Whoever began has done, or does not wait any longer. */
  private leaving(begin: () => void): Effect.Effect<void> {
    return Effect.sync(() => {
      if (!this.waiting?.delete(begin)) this.release()
    })
  }

  private release(): void {
    this.isTaken = false
    // One after the other in a loop: a thousand that fail at once must not nest.
    if (this.waiting === undefined || this.isCalling) return
    this.isCalling = true
    for (const begin of this.waiting) {
      if (this.isTaken) break
      this.waiting.delete(begin)
      this.take(begin)
    }
    this.isCalling = false
  }
}
