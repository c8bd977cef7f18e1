import { Duration, Effect, type Fiber, FiberId } from "effect"
import type { Fork } from "./Fork.ts"
import type { Instant } from "./Instant.ts"

/** Rings once at the earliest instant it was set to. One timer serves any number of deadlines. */
export class Alarm {
  private timer: Fiber.RuntimeFiber<void> | undefined
  private setTo: Instant = Number.POSITIVE_INFINITY
  private readonly fork: Fork
  private readonly ring: () => void

  constructor(fork: Fork, ring: () => void) {
    this.fork = fork
    this.ring = ring
  }

  /** Sees to it that it rings at `at` or before; ringing too early is for the owner to find out. */
  set(at: Instant, now: Instant): void {
    if (at >= this.setTo) return
    this.setTo = at
    this.timer?.unsafeInterruptAsFork(FiberId.none)
    // Rounded up: a timer that fires a fraction early would find nothing due.
    const delay = Duration.millis(Math.ceil(Math.max(0, at - now)))
    this.timer = this.fork(
      Effect.map(Effect.sleep(delay), () => {
        this.timer = undefined
        this.setTo = Number.POSITIVE_INFINITY
        this.ring()
      })
    )
  }
}
