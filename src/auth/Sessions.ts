import { SqlClient } from "@effect/sql/SqlClient"
import { Context, Duration, Effect, Layer } from "effect"
import { type DatabaseUnavailable, SessionInvalid } from "./AuthError.ts"
import { untilAnswered } from "./IdempotentStatement.ts"
import { digest, type SessionToken } from "./SessionToken.ts"
import { columns, fromRows, type UserSession } from "./UserSession.ts"

/** What of {@link Sessions} can be set. */
export interface SessionsOptions {
  /** Longest time for one statement with all its repetitions. Default 10 s. */
  readonly deadline?: Duration.DurationInput
}

/**
 * Looks sessions up and ends them. Owns the table `sessions`, into which `Accounts` writes, too.
 *
 * A fault of the database is an error of its own: no one is signed out by it.
 */
export class Sessions extends Context.Tag("holdfast/auth/Sessions")<
  Sessions,
  {
    /** The live session that has this token, and its user, in one indexed query. */
    readonly validate: (
      token: SessionToken
    ) => Effect.Effect<UserSession, SessionInvalid | DatabaseUnavailable>
    /** Ends the session that has this token. No error if there is none, so it can be repeated. */
    readonly revoke: (token: SessionToken) => Effect.Effect<void, DatabaseUnavailable>
  }
>() {
  /** Sessions in the database of the `SqlClient`, which must be holdfast's. */
  static layer(options: SessionsOptions = {}): Layer.Layer<Sessions, never, SqlClient> {
    return Layer.effect(Sessions, make(options))
  }
}

const make = ({ deadline = Duration.seconds(10) }: SessionsOptions) =>
  Effect.map(SqlClient, (sql) => {
    const answered = untilAnswered(deadline)

    const validate = Effect.fn("Sessions.validate")(function* (token: SessionToken) {
      const rows = yield* answered(
        sql`
          select ${sql.literal(columns)} from sessions s join users u on u.id = s.user_id
          where s.token_digest = ${digest(token)} and s.expires > now()`.withoutTransform
      )
      const found = yield* fromRows(rows)
      return yield* Effect.mapError(found, () => new SessionInvalid())
    })

    const revoke = Effect.fn("Sessions.revoke")((token: SessionToken) =>
      Effect.asVoid(answered(sql`delete from sessions where token_digest = ${digest(token)}`))
    )

    return { validate, revoke }
  })
