import { Effect } from "effect"

/** Something that happens once: cheaper than a Deferred. */
export class Signal {
  isGiven = false
  private waiting: Set<() => void> | undefined

  give(): void {
    this.isGiven = true
    for (const resume of this.waiting ?? []) resume()
  }

  /** Ends when the signal is given, or at once if it has been. */
  get given(): Effect.Effect<void> {
    return Effect.async((resume) => {
      if (this.isGiven) return resume(Effect.void)
      const told = () => resume(Effect.void)
      this.waiting ??= new Set()
      this.waiting.add(told)
      return Effect.sync(() => this.waiting?.delete(told))
    })
  }
}
