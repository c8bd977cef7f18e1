import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { DateTime, Effect } from "effect"

/** One event of the audit log. It has neither an address of e-mail nor a secret. */
export interface RecentEvent {
  readonly id: string
  readonly at: DateTime.Utc
  /** See `AuditKind`. */
  readonly kind: string
  readonly userId: string | null
  /** Coarse: a network. */
  readonly address: string | null
}

interface Row {
  readonly id: string
  readonly at: Date
  readonly kind: string
  readonly user_id: string | null
  readonly address: string | null
}

/** The newest events, the newest first. Asks the database once. */
export const recentEvents = (
  most: number
): Effect.Effect<ReadonlyArray<RecentEvent>, SqlError, SqlClient> =>
  Effect.flatMap(
    SqlClient,
    (sql) =>
      sql<Row>`
      select id, at, kind, user_id, address from audit_events order by at desc, id limit ${most}`
        .withoutTransform
  ).pipe(
    Effect.map((rows) =>
      rows.map(({ address, at, id, kind, user_id }) => ({
        id,
        at: DateTime.unsafeFromDate(at),
        kind,
        userId: user_id,
        address
      }))
    )
  )
