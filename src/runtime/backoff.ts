import { Duration, Schedule } from "effect"

/**
 * Delays that double from the first up to the longest, spread by a fifth to either side, in whole
 * milliseconds: timers know no fractions.
 */
export const backoff = (first: Duration.DurationInput, longest: Duration.DurationInput) =>
  Schedule.exponential(first).pipe(
    Schedule.union(Schedule.spaced(longest)),
    Schedule.jittered,
    Schedule.modifyDelay((_, delay) => Duration.millis(Math.round(Duration.toMillis(delay))))
  )
