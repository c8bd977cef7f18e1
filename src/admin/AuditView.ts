import { SqlClient } from "@effect/sql/SqlClient"
import { Cause, Clock, DateTime, Duration, Effect, Ref, type Scope } from "effect"
import { isConnectionFailure } from "../auth/DatabaseFault.ts"
import { recentEvents } from "../auth/RecentEvents.ts"
import type { Pool } from "../pool/index.ts"
import * as MetricsReading from "./MetricsReading.ts"

/** What is known of the audit log. Times are milliseconds since the epoch. */
export interface Audit {
  /** When it was read; null: not yet. */
  readonly asOf: number | null
  /** Why it could not be read when it should have been, so that something may be missing; null: it was. */
  readonly behind: "away" | "failed" | null
  readonly events: ReadonlyArray<AuditRow>
}

/** One event. */
export interface AuditRow {
  readonly id: string
  readonly at: number
  readonly kind: string
  readonly userId: string | null
  readonly address: string | null
}

/** How many are shown. */
export const MOST = 50
/** Longest time for the question. The table may be large, and no operator waits longer. */
const PATIENCE = Duration.seconds(5)
/** How often it is asked at most, however much happens. */
const PAUSE = Duration.seconds(2)

/** The audit log as it was read last. It is read when somebody wants it, never by a timer. */
export interface AuditView {
  readonly current: Effect.Effect<Audit>
  /**
   * Has it read, soon and in the background. Several wishes at once are one; where the breaker is not
   * closed it is not asked, because the wish would only stand in a queue.
   */
  readonly refresh: Effect.Effect<void>
  /** As {@link refresh}, if something was asked of accounts in this process since, or it never was read. */
  readonly refreshIfOutdated: Effect.Effect<void>
  /** As {@link refresh}, if it could not be read when it should have been. */
  readonly refreshIfBehind: Effect.Effect<void>
}

/** Everything that was asked of accounts in this process so far. */
const askedOfAccounts = Effect.sync(() => MetricsReading.read().authEvents)

/** See {@link AuditView}. `onChange` runs when something new is known. */
export const make = (
  pool: Pool["Type"],
  onChange: Effect.Effect<void>
): Effect.Effect<AuditView, never, SqlClient | Scope.Scope> =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const scope = yield* Effect.scope
    const view = yield* Ref.make<Audit>({ asOf: null, behind: null, events: [] })
    const wishes = yield* Ref.make(0)
    /** What had been asked of accounts when it was wished for last. */
    const askedBefore = yield* Ref.make<number | null>(null)

    const read = recentEvents(MOST).pipe(
      Effect.provideService(SqlClient, sql),
      Effect.timeout(PATIENCE),
      Effect.zip(Clock.currentTimeMillis),
      Effect.flatMap(([events, asOf]) =>
        Ref.set(view, {
          asOf,
          behind: null,
          events: events.map((event) => ({ ...event, at: DateTime.toEpochMillis(event.at) }))
        })
      )
    )

    const fallBehind = (behind: "away" | "failed") =>
      Effect.map(
        Ref.getAndUpdate(view, (audit) => ({ ...audit, behind })),
        (was) => was.behind
      )

    // Also after a defect: what is wished for later would find the first wish never granted.
    const missed = (cause: Cause.Cause<unknown>) =>
      Effect.gen(function* () {
        if (Cause.isInterruptedOnly(cause)) return
        const reason = isConnectionFailure(Cause.squash(cause)) ? "away" : "failed"
        const before = yield* fallBehind(reason)
        if (reason === "failed" && before !== "failed") {
          yield* Effect.logWarning("The audit log could not be read for the dashboard", cause)
        }
      })

    const once = Effect.flatMap(pool.stats, ({ breaker }) =>
      breaker === "closed" ? Effect.catchAllCause(read, missed) : fallBehind("away")
    )

    // What is wished for while it is being read is read once more, after a pause.
    const untilGranted: Effect.Effect<void> = Effect.gen(function* () {
      const before = yield* Ref.get(wishes)
      yield* once
      yield* onChange
      yield* Effect.sleep(PAUSE)
      const isGranted = yield* Ref.modify(wishes, (now) => [
        now === before,
        now === before ? 0 : now
      ])
      if (!isGranted) yield* untilGranted
    })

    const wished = Effect.flatMap(
      Ref.getAndUpdate(wishes, (count) => count + 1),
      (before) => (before === 0 ? Effect.asVoid(Effect.forkIn(untilGranted, scope)) : Effect.void)
    )
    const refresh = Effect.flatMap(askedOfAccounts, (asked) =>
      Effect.zipRight(Ref.set(askedBefore, asked), wished)
    )
    const isOutdated = Effect.zipWith(
      askedOfAccounts,
      Ref.get(askedBefore),
      (asked, before) => asked !== before
    )
    const isBehind = Effect.map(Ref.get(view), ({ behind }) => behind !== null)

    return {
      current: Ref.get(view),
      refresh,
      refreshIfOutdated: Effect.asVoid(Effect.whenEffect(refresh, isOutdated)),
      refreshIfBehind: Effect.asVoid(Effect.whenEffect(refresh, isBehind))
    }
  })
