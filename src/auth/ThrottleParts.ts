import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Option } from "effect"
import { counted, keyIn, rateRule } from "./AdmitStatement.ts"
import type { ThrottleLimits } from "./ThrottleLimits.ts"

/** See `spared` of {@link ThrottleParts}. */
export interface Spared {
  readonly parts: ReadonlyArray<Fragment>
  readonly rows: Fragment
}

/** Parts of a statement that count and forget attempts in it, and need no statement of their own. */
export interface ThrottleParts {
  /**
   * The part of a statement that forgets the attempts at the accounts of the users `u` in it, who
   * have proven who they are; of its first run only, as its part `audit` tells.
   */
  readonly forgotten: ReadonlyArray<Fragment>
  /**
   * The rows of a letter (see `letterPart`) to the user `u` of a statement, without those that are
   * one letter too many to their mailbox, and parts of the statement that these rows need. Counts
   * them by `id`. Only while the address is not proven: who has proven it learns everything that
   * happens to their account.
   */
  readonly spared: (id: string, rows: Fragment) => Spared
}

const nothingCounted: ThrottleParts = {
  forgotten: [],
  spared: (_, rows) => ({ parts: [], rows })
}

/** The parts for a throttle of these limits; without limits there are none. */
export const throttleParts = (
  sql: SqlClient,
  limits: Option.Option<ThrottleLimits>
): ThrottleParts =>
  Option.match(limits, {
    onNone: () => nothingCounted,
    onSome: (some) => ({
      forgotten: forgotten(sql),
      spared: (id, rows) => spared(sql, some, id, rows)
    })
  })

const forgotten = (sql: SqlClient): ReadonlyArray<Fragment> => [
  sql`forgotten as (
        delete from throttles using u join audit on true
        where key in (${keyIn(sql, "account", sql`u.email`)}, ${keyIn(sql, "account", sql`u.id`)}))`
]

const spared = (sql: SqlClient, { mailTo }: ThrottleLimits, id: string, rows: Fragment): Spared => {
  const count = counted(sql, {
    key: keyIn(sql, "mailTo", sql`notice.recipient`),
    rows: sql`from notice, u where u.email_verified is null`,
    rule: rateRule(sql, mailTo),
    id
  })
  return {
    parts: [
      sql`notice (purpose, recipient, user_id, password_hash, password_version) as (${rows})`,
      sql`noticed as (${count})`
    ],
    rows: sql`
      select notice.* from notice, u
      where u.email_verified is not null or (select is_admitted from noticed)`
  }
}
