import { SqlClient, TransactionConnection } from "@effect/sql/SqlClient"
import { Cause, Context, Duration, Effect, Tracer } from "effect"
import { makeFork } from "../runtime/Fork.ts"
import { statementTimeout } from "../sql/session/statementTimeout.ts"
import { fromSqlError } from "./DatabaseFault.ts"
import type { SessionId } from "./Session.ts"

/** Last-seen is written at most this often, so that reading a session is seldom a write. */
const LONGEST = Duration.hours(1)

/** How old a session's last-seen may become: an hour, and never more than a tenth of the idle time. */
export const touchInterval = (idle: Duration.Duration): Duration.Duration =>
  Duration.min(LONGEST, Duration.times(idle, 0.1))

/** As long as anyone should care about it. */
const patience = Duration.seconds(5)

/** A transaction or a span of whoever asks, or has built the layer, is none of its business. */
const apart: (context: Context.Context<never>) => Context.Context<never> = Context.omit(
  TransactionConnection,
  Tracer.ParentSpan
)

/** Writes in the background that sessions are in use: one attempt at a time for each. */
export const makeLastSeen = (idle: Duration.Duration) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const fork = yield* makeFork
    const underWay = new Set<SessionId>()
    // Each look-up tries, and one line is enough.
    let isTold = false

    // A session that has ended since stays so.
    const write = (id: SessionId) => sql`
      update sessions set last_seen = now()
      where id = ${id} and last_seen < now() - make_interval(secs => ${Duration.toSeconds(touchInterval(idle))})
        and expires > now() and last_seen + make_interval(secs => ${Duration.toSeconds(idle)}) > now()`

    const written = Effect.sync(() => {
      isTold = false
    })
    const notWritten = (cause: Cause.Cause<unknown>) =>
      Effect.suspend(() => {
        // The next look-up tries again, so this one is nobody's concern.
        if (isTold || !Cause.isDie(cause))
          return Effect.logDebug("A session's last-seen was not written")
        isTold = true
        return Effect.logError(
          "No session's last-seen can be written: all end after their idle time",
          cause
        )
      })

    const touch = (id: SessionId) =>
      write(id).pipe(
        statementTimeout(patience),
        Effect.timeout(patience),
        Effect.catchTag("SqlError", fromSqlError),
        Effect.matchCauseEffect({ onSuccess: () => written, onFailure: notWritten }),
        Effect.ensuring(Effect.sync(() => underWay.delete(id)))
      )

    /** Returns at once. */
    return (id: SessionId): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (underWay.has(id)) return Effect.void
        underWay.add(id)
        fork(Effect.mapInputContext(touch(id), apart))
        return Effect.void
      })
  })
