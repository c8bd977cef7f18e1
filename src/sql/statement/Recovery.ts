import { Clock, Context, Effect, Metric, MetricLabel } from "effect"
import type { Connection } from "../../pool/Connection.ts"
import type { LendingPool } from "../../pool/Pool.ts"
import { type AnyFiber, spanOf } from "../../runtime/Traced.ts"
import type { Fate } from "../transaction/CommitFate.ts"

/** What the client did about failures, so that its callers did not meet them. */
export const recoveryMetrics = {
  replays: Metric.counter("db.client.replays", {
    description: "Statements and transactions run again after a failure that was safe to replay.",
    incremental: true
  }),
  commits: Metric.counter("db.client.commits.resolved", {
    description: "COMMITs whose answer was lost and that were asked about, by what was found.",
    incremental: true
  })
}

const unlabelled: ReadonlyArray<MetricLabel.MetricLabel> = []

const outcome = (word: string) => [MetricLabel.make("db.commit.outcome", word)]

const labels = {
  Committed: outcome("committed"),
  RolledBack: outcome("rolled-back"),
  Unknown: outcome("unknown")
} as const

/** Begins the counts at 0, so that the first of each is seen to be more. */
export const beginCounting: Effect.Effect<void> = Effect.sync(() => {
  recoveryMetrics.replays.unsafeUpdate(0, unlabelled)
  for (const outcome of Object.values(labels)) recoveryMetrics.commits.unsafeUpdate(0, outcome)
})

/** Marks the span that stands around it. What failed, and why, is in the pool's events. */
const mark = (fiber: AnyFiber, event: string): void => {
  const span = spanOf(fiber)
  if (span?._tag !== "Span") return
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  span.event(event, clock.unsafeCurrentTimeNanos())
}

/** Tells that something is run again, and after which failure. */
export const noteReplay = (pool: LendingPool<Connection>, detail: string): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    recoveryMetrics.replays.unsafeUpdate(1, unlabelled)
    mark(fiber, "db.replayed")
    return pool.note("Replayed", detail)
  })

/** Tells what became of a COMMIT whose answer was lost: by the subject whether it took effect. */
export const noteCommit = (
  pool: LendingPool<Connection>,
  fate: Exclude<Fate, "Waiting">,
  detail: string
): Effect.Effect<void> =>
  Effect.withFiberRuntime((fiber) => {
    recoveryMetrics.commits.unsafeUpdate(1, labels[fate])
    mark(fiber, "db.commit.resolved")
    return pool.note(fate === "Committed" ? "CommitConfirmed" : "CommitUnconfirmed", detail)
  })
