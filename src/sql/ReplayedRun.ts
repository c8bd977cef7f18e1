import { FiberRef, GlobalValue } from "effect"

/** What one replayed effect has done for good so far; it and all that it forks share one. */
export interface ReplayedRun {
  /** Something was written and committed: running it all again would write it twice. */
  hasCommitted: boolean
}

/** The replayed effect in which the current fiber stands, if any. */
export const current: FiberRef.FiberRef<ReplayedRun | undefined> = GlobalValue.globalValue(
  "holdfast/sql/ReplayedRun",
  () => FiberRef.unsafeMake<ReplayedRun | undefined>(undefined)
)
