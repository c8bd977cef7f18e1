import { SqlClient } from "@effect/sql/SqlClient"
import { Context, Duration, Effect, Layer, Option, Predicate } from "effect"
import { fnWhereTraced } from "../runtime/Traced.ts"
import { type Answered, makeAnswered } from "./Answered.ts"
import { audit, newEvent } from "./Audit.ts"
import { type DatabaseUnavailable, SessionInvalid } from "./AuthError.ts"
import { counted } from "./AuthMetrics.ts"
import { makeLastSeen, touchInterval } from "./LastSeen.ts"
import { MOST_SESSIONS } from "./NewSession.ts"
import type { Requester } from "./Requester.ts"
import type { Session, SessionId } from "./Session.ts"
import { SessionExpiry } from "./SessionExpiry.ts"
import { type SessionSummary, summaries, summaryColumns } from "./SessionSummary.ts"
import { digest, type SessionToken } from "./SessionToken.ts"
import type { UserId } from "./User.ts"
import { columns, expiryOf, fromRows, type UserSession } from "./UserSession.ts"

/** The deadline of a statement of {@link Sessions}. When sessions end is set by `SessionExpiry`. */
export interface SessionsOptions {
  /** Longest time for one statement with all its repetitions. Default 10 s. */
  readonly deadline?: Duration.DurationInput
}

/**
 * Looks sessions up and ends them. Owns the table `sessions`, into which `Accounts` writes, too.
 *
 * A fault of the database is an error of its own: no one is signed out by it. Ending what has ended
 * already is no error, so everything here can be repeated.
 */
export class Sessions extends Context.Tag("holdfast/auth/Sessions")<
  Sessions,
  {
    /**
     * The live session that has this token, and its user, in one indexed query. That it was used is
     * written down in the background, at most once an hour, or once in a tenth of `idle` if that is
     * shorter.
     */
    readonly validate: (
      token: SessionToken
    ) => Effect.Effect<UserSession, SessionInvalid | DatabaseUnavailable>
    /** The live sessions of a user, the newest first: a hundred at most. */
    readonly list: (
      userId: UserId
    ) => Effect.Effect<ReadonlyArray<SessionSummary>, DatabaseUnavailable>
    /** Ends the session that has this token. */
    readonly revoke: (
      token: SessionToken,
      requester?: Requester
    ) => Effect.Effect<void, DatabaseUnavailable>
    /** Ends one session of a user. Another user's session of this id stays. */
    readonly revokeById: (
      userId: UserId,
      id: SessionId,
      requester?: Requester
    ) => Effect.Effect<void, DatabaseUnavailable>
    /** Ends all sessions of this session's user but this one. */
    readonly revokeOthers: (
      session: Session,
      requester?: Requester
    ) => Effect.Effect<void, DatabaseUnavailable>
  }
>() {
  /** Sessions in the database of the `SqlClient`, which must be holdfast's. */
  static layer(options: SessionsOptions = {}): Layer.Layer<Sessions, never, SqlClient> {
    return Layer.scoped(Sessions, make(options))
  }
}

/** Rows `s` of sessions and `u` of users that count. */
const liveRows = (sql: SqlClient, idle: Duration.Duration) => sql`
  s.user_id = u.id and s.password_version = u.password_version and ${expiryOf(sql, idle)} > now()`

/** Whether a row says that last-seen is old. */
const wasSeenLongAgo = (row: unknown): boolean =>
  Predicate.hasProperty(row, "was_seen_long_ago") && row.was_seen_long_ago === true

/** Put together once: it is run with nearly every request. */
const makeLookUp = (sql: SqlClient, idle: Duration.Duration) => {
  const longAgo = Duration.toSeconds(touchInterval(idle))
  const [text, values] = sql`
    select ${columns(sql, idle)},
           s.last_seen < now() - make_interval(secs => ${longAgo}) as was_seen_long_ago
    from sessions s join users u on ${liveRows(sql, idle)}
    where s.token_digest = ${null}`.compile(true)
  const settings = values.slice(0, -1)
  return (token: SessionToken) => sql.unsafe(text, [...settings, digest(token)]).withoutTransform
}

const make = (options: SessionsOptions) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const { idle } = yield* SessionExpiry
    const touch = yield* makeLastSeen(idle)
    const answered = yield* makeAnswered(options.deadline ?? Duration.seconds(10))

    const lookUp = makeLookUp(sql, idle)

    const validate = fnWhereTraced("Sessions.validate")(
      Effect.fnUntraced(function* (token: SessionToken) {
        const rows = yield* answered(lookUp(token))
        const found = yield* fromRows(rows)
        if (Option.isNone(found)) return yield* new SessionInvalid()
        if (wasSeenLongAgo(rows[0])) yield* touch(found.value.session.id)
        return found.value
      })
    )

    const list = Effect.fn("Sessions.list")((userId: UserId) =>
      answered(
        sql`
          select ${summaryColumns(sql, idle)}
          from sessions s join users u on ${liveRows(sql, idle)}
          where s.user_id = ${userId} order by s.created_at desc, s.id
          limit ${MOST_SESSIONS}`.withoutTransform
      ).pipe(Effect.flatMap(summaries))
    )

    return { validate, list, ...makeRevocations(sql, answered) }
  })

/** The ways to end sessions: each deletes and writes the event in one statement. */
const makeRevocations = (sql: SqlClient, answered: Answered) => {
  const revoke = Effect.fn("Sessions.revoke")(function* (
    token: SessionToken,
    requester?: Requester
  ) {
    const event = yield* newEvent(requester)
    const rows = sql`select 'sign-out' as kind, user_id, id as session_id from gone`
    yield* answered(sql`
      with gone as (delete from sessions where token_digest = ${digest(token)} returning *),
      ${audit(sql, event, rows)} select`)
  })

  const revokeById = Effect.fn("Sessions.revokeById")(function* (
    userId: UserId,
    id: SessionId,
    requester?: Requester
  ) {
    const event = yield* newEvent(requester)
    const rows = sql`select 'session-revoked' as kind, user_id, id as session_id from gone`
    yield* answered(sql`
      with gone as (delete from sessions where id = ${id} and user_id = ${userId} returning *),
      ${audit(sql, event, rows)} select`)
  })

  const revokeOthers = Effect.fn("Sessions.revokeOthers")(function* (
    { id, userId }: Session,
    requester?: Requester
  ) {
    const event = yield* newEvent(requester)
    // By the event's first run only: one that comes to pass late would end what has begun since.
    const rows = sql`
      select 'other-sessions-revoked' as kind, ${userId}::uuid as user_id, ${id}::uuid as session_id`
    yield* answered(sql`
      with ${audit(sql, event, rows)},
      gone as (
        delete from sessions x using audit where x.user_id = audit.user_id and x.id <> ${id}
      ) select`)
  })

  return {
    revoke: counted("sign-out", revoke),
    revokeById: counted("session-revocation", revokeById),
    revokeOthers: counted("other-sessions-revocation", revokeOthers)
  }
}
