import type { Duration } from "effect"
import type { Fault } from "./Fault.ts"
import type { Death, Operation } from "./Operation.ts"
import type { Truth } from "./Truth.ts"

/** A fault as it happened. Times are milliseconds from the beginning of the run. */
export interface Struck {
  readonly fault: Fault
  /** From here callers could meet it. */
  readonly from: number
  /** When it was mended. */
  readonly until: number
}

/** What was seen of one contestant. */
export interface ContestantRun {
  readonly contestant: string
  readonly operations: ReadonlyArray<Operation>
  readonly struck: ReadonlyArray<Struck>
  readonly deaths: ReadonlyArray<Death>
  readonly truth: Truth
  /** Connections that the proxy accepted. Refused ones never reach it. */
  readonly opened: number
  /** How late the callers' timers were, each time that was looked at, in milliseconds. */
  readonly lags: ReadonlyArray<number>
  readonly postgresVersion: string
  readonly took: Duration.Duration
}
