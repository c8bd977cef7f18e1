import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect, type Option } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import { audit, type NewEvent, unlessGone } from "./Audit.ts"
import { type Requester, stored } from "./Requester.ts"
import { SessionId } from "./Session.ts"
import type { SessionExpiry } from "./SessionExpiry.ts"
import * as SessionToken from "./SessionToken.ts"
import { columns, expiryOf, fromRows, type UserSession } from "./UserSession.ts"

/** As many sessions as an account has at a time: one more ends the oldest. */
export const MOST_SESSIONS = 100

/**
 * What of a session is made before the database hears of it: once, so that a statement that is run
 * again finds its own row.
 */
export interface NewSession {
  readonly id: SessionId
  readonly token: SessionToken.SessionToken
  readonly tokenDigest: Uint8Array
  readonly requester: Requester | undefined
}

/** A session that is to begin, and the event that it begins with: `rows` as `audit` takes them. */
export interface SessionStart {
  readonly session: NewSession
  readonly event: NewEvent
  readonly rows: Fragment
}

/** See {@link NewSession}. */
export const newSession = (requester: Requester | undefined): Effect.Effect<NewSession> =>
  Effect.gen(function* () {
    const id = SessionId.make(yield* newId)
    const token = yield* SessionToken.generate
    return { id, token, tokenDigest: SessionToken.digest(token), requester }
  })

/**
 * Deletes the sessions of the user of `s` that have ended, and the oldest of the others when the new one
 * is one too many. Of sign-ins at the same moment each leaves the others' alone: it can't see them.
 */
const swept = (sql: SqlClient, id: SessionId, idle: Duration.Duration): Fragment => {
  const expiry = expiryOf(sql, idle)
  return sql`
    delete from sessions s using s as begun
    where s.user_id = begun.user_id and s.id <> ${id}::uuid and (${expiry} <= now() or s.id in (
      select s.id from sessions s
      where s.user_id = (select user_id from s) and s.id <> ${id}::uuid and ${expiry} > now()
      order by s.created_at desc, s.id offset ${MOST_SESSIONS - 1}))`
}

/**
 * The statement that begins a session for the row of users that `user` inserts or selects; none if
 * it has no row. Running it again, even at the same time, gives the session of the first run, and none
 * if that one has been ended since.
 *
 * `also` are further parts, `name as (...)`: they see the user as `u`, the session as `s`, and the event as
 * `audit`, which has a row in the first run only. The
 * user's sessions that have ended go with it, and the oldest beyond {@link MOST_SESSIONS}, so that
 * they don't pile up.
 */
export const beginSession =
  (sql: SqlClient, expiry: typeof SessionExpiry.Service) =>
  (
    user: Fragment,
    { event, rows, session }: SessionStart,
    also: ReadonlyArray<Fragment> = []
  ): Effect.Effect<Option.Option<UserSession>, SqlError> => {
    const { address, userAgent } = stored(session.requester)
    const inserted = sql`
      insert into sessions as t
        (id, user_id, token_digest, expires, password_version, user_agent, address)
      select ${session.id}::uuid, u.id, ${session.tokenDigest}::bytea,
             now() + make_interval(secs => ${Duration.toSeconds(expiry.absolute)}),
             u.password_version, ${userAgent}::text, ${address}::text
      from u
      where ${unlessGone(sql, event, sql`select from sessions where id = ${session.id}::uuid`)}
      on conflict (id) do update set id = excluded.id where t.user_id = excluded.user_id
      returning t.*`
    const parts = [
      sql`u as (${user})`,
      sql`s as (${inserted})`,
      sql`swept as (${swept(sql, session.id, expiry.idle)})`,
      audit(sql, event, rows),
      ...also
    ]
    return Effect.flatMap(
      sql`with ${sql.csv(parts)}
          select ${columns(sql, expiry.idle)} from u join s on s.user_id = u.id`.withoutTransform,
      fromRows
    )
  }
