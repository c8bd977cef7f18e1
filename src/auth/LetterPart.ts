import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"

/**
 * Parts of a statement that write letters: `name as (...)`, none when nothing is ever sent.
 *
 * `rows` selects `purpose`, `recipient`, `user_id`, `password_hash` and `password_version`; `id` was
 * made before the statement. Only a letter with a token has a `user_id`, and goes with its user: what
 * only tells of something is sent whatever becomes of them.
 */
export type LetterPart = (name: string, id: string, rows: Fragment) => ReadonlyArray<Fragment>

/** See {@link LetterPart}. */
export const letterPart = (sql: SqlClient, isWriting: boolean): LetterPart =>
  isWriting
    ? (name, id, rows) => [
        sql`${sql(name)} as (
        insert into outbox (id, purpose, recipient, user_id, password_hash, password_version)
        select ${id}::uuid, l.* from (${rows}) l
        on conflict (id) do nothing
      )`
      ]
    : () => []
