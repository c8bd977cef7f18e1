import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { type Duration, Effect, Schema } from "effect"
import { Instant } from "./Instant.ts"
import { SessionId } from "./Session.ts"
import { expiryOf, unexpectedColumns } from "./UserSession.ts"

/** What users are shown of each of their sessions, to tell them apart and to end one. No token. */
export class SessionSummary extends Schema.Class<SessionSummary>("SessionSummary")({
  id: SessionId,
  createdAt: Instant,
  /** Accurate to an hour, or a tenth of the idle time if that is shorter. */
  lastSeen: Instant,
  /** When it ends if it is not used again. */
  expires: Instant,
  /** The `User-Agent` that it began with, cut to 256 characters; null: there was none. */
  userAgent: Schema.NullOr(Schema.String),
  /** The network that it began from, an IPv4 /24 or an IPv6 /48; null: unknown. */
  address: Schema.NullOr(Schema.String)
}) {}

/** The columns of a {@link SessionSummary}, for rows `s` of sessions. */
export const summaryColumns = (sql: SqlClient, idle: Duration.Duration): Fragment => sql`
  s.id, s.created_at, s.last_seen, ${expiryOf(sql, idle)} as expires, s.user_agent, s.address`

const Row = Schema.Struct({
  id: SessionId,
  created_at: Schema.DateTimeUtcFromDate,
  last_seen: Schema.DateTimeUtcFromDate,
  expires: Schema.DateTimeUtcFromDate,
  user_agent: Schema.NullOr(Schema.String),
  address: Schema.NullOr(Schema.String)
})

const decode = Schema.decodeUnknown(Schema.Array(Row), { errors: "all" })

/** Reads all rows of an answer. Dies when they are not as `schema.sql` says. */
export const summaries = (
  rows: ReadonlyArray<unknown>
): Effect.Effect<ReadonlyArray<SessionSummary>> =>
  decode(rows).pipe(
    Effect.mapBoth({
      onFailure: unexpectedColumns,
      onSuccess: (sessions) =>
        sessions.map(
          (row) =>
            new SessionSummary({
              id: row.id,
              createdAt: row.created_at,
              lastSeen: row.last_seen,
              expires: row.expires,
              userAgent: row.user_agent,
              address: row.address
            })
        )
    }),
    Effect.orDie
  )
