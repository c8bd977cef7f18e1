import { Effect } from "effect"

/** Something that happens once and that at most one fiber waits for: cheaper than a Deferred. */
export class Signal {
  isGiven = false
  private resume: (() => void) | undefined

  give(): void {
    this.isGiven = true
    this.resume?.()
  }

  /** Ends when the signal is given, or at once if it has been. */
  get given(): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (this.isGiven) return resume(Effect.void)
      this.resume = () => resume(Effect.void)
      return undefined
    })
  }
}
