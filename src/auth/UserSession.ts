import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect, Option, ParseResult, Schema } from "effect"
import { CanonicalEmail } from "./Email.ts"
import { Session, SessionId } from "./Session.ts"
import { User, UserId } from "./User.ts"

/** A live session and the user it belongs to. */
export interface UserSession {
  readonly user: User
  readonly session: Session
}

/** When a session of the rows `s` ends if it is not used again. */
export const expiryOf = (sql: SqlClient, idle: Duration.Duration): Fragment =>
  sql`least(s.expires, s.last_seen + make_interval(secs => ${Duration.toSeconds(idle)}))`

/** The columns of a {@link UserSession}, for rows `u` of users and `s` of sessions. */
export const columns = (sql: SqlClient, idle: Duration.Duration): Fragment => sql`
  u.id as user_id, u.email, u.email_verified, u.created_at, u.updated_at, s.id as session_id,
  ${expiryOf(sql, idle)} as expires`

const Row = Schema.Struct({
  user_id: UserId,
  email: CanonicalEmail,
  email_verified: Schema.NullOr(Schema.DateTimeUtcFromDate),
  created_at: Schema.DateTimeUtcFromDate,
  updated_at: Schema.DateTimeUtcFromDate,
  session_id: SessionId,
  expires: Schema.DateTimeUtcFromDate
})

const decode = Schema.decodeUnknown(Row, { errors: "all" })

/** The row has been read by its schema: to validate it again costs more than the look-up. */
const isRead = { disableValidation: true } as const

const fromRow = (row: typeof Row.Type): UserSession => ({
  user: new User(
    {
      id: row.user_id,
      email: row.email,
      emailVerified: row.email_verified,
      createdAt: row.created_at,
      updatedAt: row.updated_at
    },
    isRead
  ),
  session: new Session({ id: row.session_id, userId: row.user_id, expires: row.expires }, isRead)
})

/** Names the columns and leaves out the values: a row holds an address. */
export const unexpectedColumns = ({ issue }: ParseResult.ParseError): Error => {
  const names = ParseResult.ArrayFormatter.formatIssueSync(issue).map(({ path }) => path.join("."))
  return new Error(
    `The database answered a row with unexpected ${names.join(", ")}. Compare its tables with schema.sql, and the client's type parsers with pg's defaults.`
  )
}

/** Reads the one row that an answer has, if it has one. Dies when it is not as `schema.sql` says. */
export const fromRows = (
  rows: ReadonlyArray<unknown>
): Effect.Effect<Option.Option<UserSession>> =>
  rows[0] === undefined
    ? Effect.succeedNone
    : decode(rows[0]).pipe(
        Effect.mapBoth({
          onFailure: unexpectedColumns,
          onSuccess: (row) => Option.some(fromRow(row))
        }),
        Effect.orDie
      )
