import { Effect, FiberRef, GlobalValue } from "effect"
import type { Connection } from "../../pool/Connection.ts"
import type { LendingPool } from "../../pool/Pool.ts"
import { noteReplay } from "./Recovery.ts"

/** What one replayed effect may have done for good so far; it and all that it forks share one. */
export interface ReplayedRun {
  /** How much of what it sent was committed, or may be: running it all again could do that twice. */
  commitments: number
  /** The failure after which it is run again, until what is run again has told of it. */
  after: string | undefined
  /** The replayed effect around this one, of which it is a part. */
  readonly outer: ReplayedRun | undefined
}

/** The replayed effect in which the current fiber stands, if any. */
export const current: FiberRef.FiberRef<ReplayedRun | undefined> = GlobalValue.globalValue(
  "holdfast/sql/ReplayedRun",
  () => FiberRef.unsafeMake<ReplayedRun | undefined>(undefined)
)

/** Tells the events of the pool that something is run again, the first time it is asked to. */
export const noteFirst = (
  pool: LendingPool<Connection>,
  replayed: ReplayedRun | undefined
): Effect.Effect<void> => {
  if (replayed?.after === undefined) return Effect.void
  const note = noteReplay(pool, replayed.after)
  replayed.after = undefined
  return note
}
