import { Clock, Duration, Effect } from "effect"
import { type Conditions, conditionsUnder, faithful } from "./Conditions.ts"
import type { LastingFault } from "./Fault.ts"
import { Suspension } from "./Suspension.ts"

/** What lies between clients and a `SimulatedServer`: time, and what is wrong for a while. */
export class SimulatedNetwork {
  conditions: Conditions = faithful
  private readonly lasting = new Set<{ readonly fault: LastingFault }>()
  private readonly suspensions = new Set<Suspension>()
  /** Open unless everything stands still. */
  private readonly moving = Effect.unsafeMakeLatch(true)
  /** Open unless everything is swallowed. */
  private readonly reachable = Effect.unsafeMakeLatch(true)

  /** Begins a fault, and answers how to end it. */
  worsen(fault: LastingFault): () => void {
    const entry = { fault }
    this.lasting.add(entry)
    this.apply()
    return () => {
      this.lasting.delete(entry)
      this.apply()
    }
  }

  /** Lets the server sleep, and answers how to end that. */
  suspend(wake: Duration.DurationInput): () => void {
    const suspension = new Suspension(Duration.toMillis(wake))
    this.suspensions.add(suspension)
    return () => {
      this.suspensions.delete(suspension)
    }
  }

  /** There and back, with a server that takes so long to answer. */
  pass(takes: Duration.Duration): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { latency } = this.conditions
      const both = Number.isFinite(latency) ? 2 * latency : 0
      const delay = Effect.sleep(Duration.sum(takes, Duration.millis(both)))
      return Effect.zipRight(delay, this.moving.await)
    })
  }

  /** The same for a new connection. False: it was swallowed, and is over now. */
  dial(takes: Duration.Duration): Effect.Effect<boolean> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (this.conditions.isBlackhole) return Effect.as(this.reachable.await, false)
      const wakeUps = [...this.suspensions].map((suspension) => suspension.answersAt(now) - now)
      const held = Math.max(this.conditions.coldStart, ...wakeUps)
      return Effect.as(this.pass(Duration.sum(takes, Duration.millis(held))), true)
    })
  }

  private apply(): void {
    this.conditions = conditionsUnder([...this.lasting].map(({ fault }) => fault))
    const { isBlackhole, latency } = this.conditions
    if (latency === Number.POSITIVE_INFINITY) this.moving.unsafeClose()
    else this.moving.unsafeOpen()
    if (isBlackhole) this.reachable.unsafeClose()
    else this.reachable.unsafeOpen()
  }
}
