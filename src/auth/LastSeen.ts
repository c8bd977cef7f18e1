import { SqlClient } from "@effect/sql/SqlClient"
import { Duration, Effect } from "effect"
import { statementTimeout } from "../sql/session/statementTimeout.ts"
import type { SessionId } from "./Session.ts"

/** Last-seen is written at most this often, so that reading a session is seldom a write. */
const LONGEST = Duration.hours(1)

/** How old a session's last-seen may become: an hour, and never more than a tenth of the idle time. */
export const touchInterval = (idle: Duration.Duration): Duration.Duration =>
  Duration.min(LONGEST, Duration.times(idle, 0.1))

/** As long as anyone should care about it. */
const patience = Duration.seconds(5)

/** Writes in the background that sessions are in use: one attempt at a time for each. */
export const makeLastSeen = (idle: Duration.Duration) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const scope = yield* Effect.scope
    const underWay = new Set<SessionId>()

    // A session that has ended since stays so.
    const write = (id: SessionId) => sql`
      update sessions set last_seen = now()
      where id = ${id} and last_seen < now() - make_interval(secs => ${Duration.toSeconds(touchInterval(idle))})
        and expires > now() and last_seen + make_interval(secs => ${Duration.toSeconds(idle)}) > now()`

    const touch = (id: SessionId) =>
      write(id).pipe(
        statementTimeout(patience),
        Effect.timeout(patience),
        // The next look-up tries again, so this one is nobody's concern.
        Effect.catchAllCause(() => Effect.logDebug("A session's last-seen was not written")),
        Effect.ensuring(Effect.sync(() => underWay.delete(id)))
      )

    /** Returns at once. */
    return (id: SessionId): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (underWay.has(id)) return Effect.void
        underWay.add(id)
        return Effect.asVoid(Effect.forkIn(touch(id), scope))
      })
  })
