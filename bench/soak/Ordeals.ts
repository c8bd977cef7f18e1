import { Duration } from "effect"
import { type Fault, FaultSchedule } from "../../src/testing/index.ts"

interface Ordeal {
  readonly what: string
  readonly fault: Fault
  readonly lasts: Duration.Duration
}

/** What strikes, one after the other, over and over. */
export const ordeals: ReadonlyArray<Ordeal> = [
  { what: "all backends killed", fault: { _tag: "KillSessions" }, lasts: Duration.zero },
  {
    what: "all connections reset (RST)",
    fault: { _tag: "Drop", how: "reset" },
    lasts: Duration.zero
  },
  {
    what: "connections closed (FIN) that were idle for 100 ms, for five seconds",
    fault: { _tag: "IdleDrop", after: "100 millis", how: "close" },
    lasts: Duration.seconds(5)
  },
  {
    what: "the server restarted, away for a second",
    fault: { _tag: "Restart", mode: "fast" },
    lasts: Duration.seconds(1)
  }
]

/** One fault in the midst of each interval. */
export const scheduleOf = (intervals: number, each: Duration.Duration): FaultSchedule<Fault> =>
  FaultSchedule.make(
    Array.from({ length: intervals }, (_, at) => {
      const { fault, lasts } = ordeals[at % ordeals.length] ?? { fault: { _tag: "KillSessions" } }
      return {
        at: Duration.times(each, at + 0.5),
        fault,
        ...(lasts === undefined ? {} : { lasts })
      }
    })
  )
