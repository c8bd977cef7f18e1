import { SqlClient } from "@effect/sql"
import { Effect } from "effect"
import type { Session } from "../../src/auth/Session.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import type { SessionToken } from "../../src/auth/SessionToken.ts"

/** The kinds of all events of a user, in the order in which they happened. */
export const kindsOf = (userId: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ kind: string }>`
      select kind from audit_events where user_id = ${userId} order by at, kind`
    return rows.map(({ kind }) => kind)
  })

/** Whether a token opens a session now. */
export const isLive = (token: SessionToken) =>
  Effect.gen(function* () {
    const sessions = yield* Sessions
    return yield* sessions.validate(token).pipe(
      Effect.as(true),
      Effect.catchTag("SessionInvalid", () => Effect.succeed(false))
    )
  })

/** The ids of the sessions that a user has. */
export const sessionsOf = (userId: Session["userId"]) =>
  Effect.flatMap(Sessions, (sessions) =>
    Effect.map(sessions.list(userId), (listed) => listed.map(({ id }) => id))
  )
