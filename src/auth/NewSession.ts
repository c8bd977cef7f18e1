import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect, type Option } from "effect"
import { type Requester, stored } from "./Requester.ts"
import { newId } from "./SecureRandom.ts"
import { SessionId } from "./Session.ts"
import type { SessionExpiry } from "./SessionExpiry.ts"
import * as SessionToken from "./SessionToken.ts"
import { columns, fromRows, type UserSession } from "./UserSession.ts"

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

/** See {@link NewSession}. */
export const newSession = (requester: Requester | undefined): Effect.Effect<NewSession> =>
  Effect.gen(function* () {
    const id = SessionId.make(yield* newId)
    const token = yield* SessionToken.generate
    return { id, token, tokenDigest: SessionToken.digest(token), requester }
  })

/**
 * The statement that begins a session for the row of users that `user` inserts or selects; none if
 * it has no row. Running it again, even at the same time, gives the session of the first run.
 *
 * `also` are further parts, `name as (...)`: they see the user as `u` and the session as `s`. The
 * user's sessions that have expired go with it, so that they don't pile up.
 */
export const beginSession =
  (sql: SqlClient, expiry: typeof SessionExpiry.Service) =>
  (
    user: Fragment,
    session: NewSession,
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
      on conflict (id) do update set id = excluded.id where t.user_id = excluded.user_id
      returning t.*`
    const swept = sql`delete from sessions x using u where x.user_id = u.id and x.expires <= now()`
    const parts = [sql`u as (${user})`, sql`s as (${inserted})`, sql`swept as (${swept})`, ...also]
    return Effect.flatMap(
      sql`with ${sql.csv(parts)}
          select ${columns(sql, expiry.idle)} from u join s on s.user_id = u.id`.withoutTransform,
      fromRows
    )
  }
