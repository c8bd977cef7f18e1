import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Effect } from "effect"
import { newId } from "../runtime/SecureRandom.ts"
import { type Requester, stored } from "./Requester.ts"
import type { UserId } from "./User.ts"

/** What can happen to an account. `-refused`: someone tried, and it did not. */
export const auditKinds = [
  "sign-up",
  "sign-up-refused",
  "sign-up-repeated",
  "sign-up-requested",
  "sign-in",
  "sign-in-refused",
  "sign-out",
  "session-revoked",
  "other-sessions-revoked",
  "password-changed",
  "password-change-refused",
  "password-reset-requested",
  "password-reset",
  "password-reset-refused",
  "email-proof-requested",
  "email-proven",
  "email-proof-refused",
  "email-change-requested",
  "email-changed",
  "email-change-refused",
  "email-kept",
  "account-deleted",
  "account-deletion-refused"
] as const

/** See {@link auditKinds}. */
export type AuditKind = (typeof auditKinds)[number]

/** What of an event is made before the database hears of it. */
export interface NewEvent {
  readonly id: string
  readonly requester: Requester | undefined
}

/** See {@link NewEvent}. */
export const newEvent = (requester: Requester | undefined): Effect.Effect<NewEvent> =>
  Effect.map(newId, (id) => ({ id, requester }))

/**
 * A part of a statement that writes the event: `audit as (...)`.
 *
 * `rows` selects `kind`, `user_id` and `session_id` from the parts before it, one row at most. The
 * part has a row only in the run that wrote it, so what must happen once (a letter) selects from it.
 * A second event in a statement has another name.
 */
export const audit = (
  sql: SqlClient,
  event: NewEvent,
  rows: Fragment,
  name = "audit"
): Fragment => {
  const { address, userAgent } = stored(event.requester)
  return sql`
    ${sql(name)} as (
      insert into audit_events (id, kind, user_id, session_id, address, user_agent)
      select ${event.id}::uuid, e.kind, e.user_id, e.session_id, ${address}::text, ${userAgent}::text
      from (${rows}) e
      on conflict (id) do nothing
      returning id, user_id
    )`
}

/**
 * Whether a row may be written that begins with the event: not when an earlier run has written it and it is
 * gone since. A run may come to pass long after it was given up, and would bring back what was ended meanwhile.
 */
export const unlessGone = (sql: SqlClient, { id }: NewEvent, row: Fragment): Fragment => sql`
  (not exists (select from audit_events where id = ${id}::uuid) or exists (${row}))`

/** The statement that writes an event, and does nothing else. */
export const eventAlone = (
  sql: SqlClient,
  event: NewEvent,
  kind: AuditKind,
  userId: UserId | undefined
) => {
  const rows = sql`
    select ${kind}::text as kind, ${userId ?? null}::uuid as user_id, null::uuid as session_id`
  return sql`with ${audit(sql, event, rows)} select`
}

/** The row of an event of this kind, if the part `u` of the statement has a user: it is theirs. */
export const eventOf = (sql: SqlClient, kind: AuditKind): Fragment =>
  sql`select ${kind}::text as kind, u.id as user_id, null::uuid as session_id from u`

/** The row of one event or of the other, by whether `u` has a user; the same one unless told. */
export const eventEither = (
  sql: SqlClient,
  known: AuditKind,
  unknown: AuditKind = known
): Fragment => sql`
  select case when u.id is null then ${unknown}::text else ${known}::text end as kind,
         u.id as user_id, null::uuid as session_id
  from (values (1)) one left join u on true`
