import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect, type Option } from "effect"
import { SecureRandom } from "./SecureRandom.ts"
import { SessionId } from "./Session.ts"
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
}

/** See {@link NewSession}. */
export const newSession: Effect.Effect<NewSession> = Effect.gen(function* () {
  const random = yield* SecureRandom
  const id = SessionId.make(yield* random.uuid)
  const token = yield* SessionToken.generate
  return { id, token, tokenDigest: SessionToken.digest(token) }
})

/**
 * The statement that begins a session for the row of users that `user` inserts or selects; none if
 * it has no row. Running it again, even at the same time, gives the session of the first run.
 */
export const beginSession =
  (sql: SqlClient, lifetime: Duration.Duration) =>
  (user: Fragment, session: NewSession): Effect.Effect<Option.Option<UserSession>, SqlError> =>
    Effect.flatMap(
      sql`
        with u as (${user}), s as (
          insert into sessions as t (id, user_id, token_digest, expires)
          select ${session.id}::uuid, u.id, ${session.tokenDigest}::bytea,
                 now() + make_interval(secs => ${Duration.toSeconds(lifetime)})
          from u
          on conflict (id) do update set id = excluded.id where t.user_id = excluded.user_id
          returning t.*
        )
        select ${sql.literal(columns)} from u join s on s.user_id = u.id`.withoutTransform,
      fromRows
    )
