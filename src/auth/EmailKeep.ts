import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Redacted } from "effect"
import { audit, type NewEvent } from "./Audit.ts"
import type { Presented } from "./OneTimeTokens.ts"
import { noPassword } from "./Passwords.ts"

/**
 * The part `guard` of a statement that announces a change of address to its user `u`: whether the
 * letter has a token by which they keep the address. Only a proven one gets it, and only while no
 * other address of the account has one that is good: whoever has taken an account can't get one for
 * theirs, and so can't undo what its owner does with the first.
 */
export const keepGuard = (sql: SqlClient): Fragment => sql`
  guard as (
    select u.email_verified is not null
      and not exists (
        select from one_time_tokens o
        where o.user_id = u.id and o.purpose = 'keep-email' and o.email <> u.email
          and o.used_by is null and o.expires > now())
      and not exists (
        select from outbox o
        where o.user_id = u.id and o.purpose = 'keep-email' and o.recipient <> u.email) as is_given
    from u
  )`

/**
 * Parts of a statement that uses such a token: `held`, the user as they were, and `kept`, who has the address
 * again, or still.
 *
 * It is bound to the user and the address, and to no password: a thief may have set another. So none
 * is good afterwards, no session and no link to another address either, and a reset sets a new one.
 * Who has signed up with the address meanwhile, and could not prove it, loses it. Letters with such tokens
 * that are still to be sent are not: the second would undo what the owner does after the first.
 */
export const emailKept = (
  sql: SqlClient,
  { attempt }: Presented,
  ousting: NewEvent
): ReadonlyArray<Fragment> => [
  sql`ousted as (
    delete from users using fresh
    where fresh.purpose = 'keep-email' and users.email = fresh.email
      and users.id <> fresh.user_id and users.email_verified is null
    returning users.id
  )`,
  sql`held as (
    select users.id, users.email, users.email_verified
    from users join fresh on users.id = fresh.user_id
    where fresh.purpose = 'keep-email'
    for update of users
  )`,
  // It counts who was ousted, so that they are gone before their address is taken.
  sql`kept as (
    update users
    set email = fresh.email, email_verified = now(), email_change = null, updated_at = now(),
        password_hash = ${Redacted.value(noPassword)},
        password_version = users.password_version + 1
    from fresh, held, (select count(*) as number from ousted) gone
    where users.id = held.id and gone.number >= 0
    returning users.id
  )`,
  sql`ended as (delete from sessions x using kept where x.user_id = kept.id)`,
  sql`spent as (
    update one_time_tokens o set used_by = ${attempt}::uuid
    from kept, fresh
    where o.user_id = kept.id and o.purpose = 'keep-email' and o.mail_id <> fresh.mail_id
      and o.used_by is null
  )`,
  sql`unsent as (
    delete from outbox o using kept where o.user_id = kept.id and o.purpose = 'keep-email'
  )`,
  audit(
    sql,
    ousting,
    sql`select 'account-deleted' as kind, id as user_id, null::uuid as session_id from ousted`,
    "ousting"
  )
]

/** The letter to the address that the account had meanwhile, if it was proven: it loses it by this. */
export const heldTold = (sql: SqlClient): Fragment => sql`
  select 'email-taken-back', h.email, null::uuid, null, null::integer
  from held h join audit on h.email_verified is not null join fresh on h.email <> fresh.email`
