import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import type { NewEvent } from "./Audit.ts"
import { digest, type OneTimeToken } from "./OneTimeToken.ts"

/** What a token is good for. */
export type TokenPurpose =
  | "verify-email"
  | "change-email"
  | "keep-email"
  | "reset-password"
  | "sign-up"

/**
 * A token that was presented, the id of the attempt to use it, and the event that tells of the attempt, both
 * made before the first try.
 */
export interface Presented {
  readonly token: OneTimeToken
  readonly attempt: string
  readonly event: NewEvent
}

/**
 * The first parts of a statement that uses a token: `t`, the token as long as it is good or was used
 * by this very attempt, and `fresh`, the same until it is used, or the attempt refused: a run that comes to
 * pass late does nothing then. The token is locked, so of many attempts at once the others see what the
 * first has made of it.
 *
 * What the token does selects from `fresh`; {@link used} comes after it.
 */
export const presented = (
  sql: SqlClient,
  { attempt, event, token }: Presented,
  purposes: ReadonlyArray<TokenPurpose>
): ReadonlyArray<Fragment> => [
  sql`t as (
    select * from one_time_tokens
    where token_digest = ${digest(token)} and purpose in ${sql.in(purposes)} and expires > now()
      and (used_by is null or used_by = ${attempt}::uuid)
    for update
  )`,
  sql`fresh as (
    select * from t
    where used_by is null and not exists (select from audit_events where id = ${event.id}::uuid)
  )`
]

/**
 * The part `used`: marks the token as used, and ends those of other copies of its letter, when the
 * part `u` says that it did what it is for.
 */
export const used = (sql: SqlClient, { attempt }: Presented): Fragment => sql`
  used as (
    update one_time_tokens o set used_by = ${attempt}::uuid
    from fresh, u
    where o.mail_id = fresh.mail_id and o.used_by is null
    returning o.token_digest
  )`

/** The end of the statement: has a row when the token was used by this attempt. */
export const verdict = (sql: SqlClient, { attempt }: Presented): Fragment => sql`
  select purpose from t where used_by = ${attempt}::uuid or exists (select from used)`
