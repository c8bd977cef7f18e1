import type { Duration } from "effect"
import type { Fault } from "./Fault.ts"

/** One fault of a schedule. */
export interface ScheduledFault<F extends Fault = Fault> {
  /** When it begins, counted from the start of the schedule. */
  readonly at: Duration.DurationInput
  /**
   * When it ends, counted from its beginning; of a cut: how long it waits for its occasion. Default:
   * at once, which leaves a strike what it is, a `Restart` a short one, and others without effect.
   */
  readonly lasts?: Duration.DurationInput
  readonly fault: F
}
