import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect } from "effect"
import {
  type Attempt,
  inOrder,
  isOfAddress,
  type Pauses,
  type Rate,
  type ThrottleLimits
} from "./ThrottleLimits.ts"
import { sha256 } from "./TokenText.ts"

/** Under which an attempt is counted. */
const keyOf = ({ limit, subject }: Attempt): Uint8Array => sha256(`${limit}:${subject}`)

/** The same in SQL, of a subject that only the statement knows. */
export const keyIn = (sql: SqlClient, limit: keyof ThrottleLimits, subject: Fragment): Fragment =>
  sql`sha256(convert_to(${`${limit}:`}::text || ${subject}, 'UTF8'))`

const seconds = Duration.toSeconds

/** How one limit decides, in SQL: `t` is the row as it is, `at` the moment of the attempt. */
export interface Rule {
  /** Whether one more may pass. */
  readonly isFree: Fragment
  /** The new row, once it has passed. */
  readonly count: Fragment
  readonly freeAt: Fragment
  /** `free_at` of the first attempt of all. */
  readonly firstFreeAt: Fragment
  /** Seconds until `free_at` at which one more may pass. */
  readonly slack: number
}

/** GCRA: `free_at` is when the bucket will be full again, and may be `slack` away. */
export const rateRule = (sql: SqlClient, { burst, per }: Rate): Rule => {
  const interval = seconds(per) / burst
  const slack = interval * (burst - 1)
  return {
    isFree: sql`t.free_at <= at + make_interval(secs => ${slack})`,
    count: sql`t.count + 1`,
    freeAt: sql`greatest(t.free_at, at) + make_interval(secs => ${interval})`,
    firstFreeAt: sql`clock_timestamp() + make_interval(secs => ${interval})`,
    slack
  }
}

const pausesRule = (sql: SqlClient, { first, free, longest }: Pauses): Rule => {
  const count = sql`case when t.free_at < at - interval '1 day' then 1 else t.count + 1 end`
  // 2^40 seconds are longer than any pause, and no overflow.
  const pause = (attempts: Fragment) => sql`make_interval(secs => case
    when ${attempts} < ${free}::int then 0
    else least(${seconds(longest)}::float8,
               ${seconds(first)}::float8 * power(2, least(${attempts} - ${free}::int, 40))) end)`
  return {
    isFree: sql`t.free_at <= at`,
    count,
    freeAt: sql`at + ${pause(sql`(${count})`)}`,
    firstFreeAt: sql`clock_timestamp() + ${pause(sql`1`)}`,
    slack: 0
  }
}

const ruleOf = (sql: SqlClient, limit: Rate | Pauses): Rule =>
  "burst" in limit ? rateRule(sql, limit) : pausesRule(sql, limit)

/** Seconds until the row `t` lets one more pass. */
const wait = (sql: SqlClient, { slack }: Rule): Fragment =>
  sql`(extract(epoch from t.free_at - clock_timestamp()) - ${slack})::float8 as wait`

/** What is counted once for each row that `rows` (`from ... where ...`) has: one at most. */
interface Counting {
  readonly key: Fragment
  readonly rows: Fragment
  readonly rule: Rule
  readonly id: string
}

/**
 * Counts one attempt under one key if it may pass.
 *
 * The clock is read once the row is locked: by `now()`, who waited for the row would decide by a
 * time before that of whom they waited for.
 */
export const counted = (sql: SqlClient, { id, key, rows, rule }: Counting): Fragment => sql`
  insert into throttles as t (key, count, free_at, attempt)
  select ${key}, 1, ${rule.firstFreeAt}, ${id}::uuid ${rows}
  on conflict (key) do update set (count, free_at, attempt) = (
    select case when passes then ${rule.count} else t.count end,
           case when passes then ${rule.freeAt} else t.free_at end,
           case when passes then excluded.attempt else t.attempt end
    from (
      select at, ${rule.isFree} and t.attempt <> excluded.attempt as passes
      from (select clock_timestamp() as at) clock
    ) decision
  )
  returning t.attempt = ${id}::uuid as is_admitted, ${wait(sql, rule)}`

interface Row {
  readonly is_admitted: boolean
  readonly wait: number
}

/** One limit of an attempt. */
interface Part {
  readonly key: Fragment
  readonly rule: Rule
  readonly isOfAddress: boolean
  readonly isOfAccount: boolean
}

const partsOf = (
  sql: SqlClient,
  limits: ThrottleLimits,
  attempts: ReadonlyArray<Attempt>
): ReadonlyArray<Part> =>
  inOrder(attempts).map((attempt) => ({
    key: sql`${keyOf(attempt)}::bytea`,
    rule: ruleOf(sql, limits[attempt.limit]),
    isOfAddress: isOfAddress(attempt),
    isOfAccount: attempt.limit === "account"
  }))

/** The limits that do not let it pass, as the statement found them. */
const refused = (sql: SqlClient, parts: ReadonlyArray<Part>, id: string): Fragment => {
  const refusals = parts.map(
    ({ isOfAccount, key, rule }) => sql`
      select ${wait(sql, rule)}, ${isOfAccount}::boolean as by_account
      from throttles t, (select clock_timestamp() as at) clock
      where t.key = ${key} and t.attempt <> ${id}::uuid and not (${rule.isFree})`
  )
  return sql`refused as (${sql.join(" union all ", false)(refusals)})`
}

/**
 * The rows (one or none) by which a part is counted: where the part before it was, and nothing refuses.
 * What the account refuses still counts against the address: it could ask as often as it likes
 * otherwise, and be there first when the pause ends.
 */
const countedWhere = (sql: SqlClient, { isOfAddress }: Part, index: number): Fragment => {
  const previous =
    index === 0 ? sql`where true` : sql`where (select is_admitted from ${sql(`limit${index - 1}`)})`
  return isOfAddress
    ? sql`${previous} and not exists (select from refused where not by_account)`
    : sql`${previous} and not exists (select from refused)`
}

/**
 * Counts an attempt against each of its limits in turn, as long as they let it pass, and answers the
 * seconds to wait if one did not; 0: it passed.
 *
 * One statement, so that of any number at once exactly as many pass as the limit says. What it finds
 * exhausted it refuses without a write, but for the count of the address where it is the account that
 * refuses; only who comes at the same moment as the last that passes learns it from the locked row.
 * Running it again with the same id counts nothing unless another attempt came between; then it counts
 * twice.
 */
export const admit = (
  sql: SqlClient,
  limits: ThrottleLimits,
  attempts: ReadonlyArray<Attempt>,
  id: string
): Effect.Effect<number, SqlError> => {
  const parts = partsOf(sql, limits, attempts)
  const counts = parts.map((part, index) => {
    const rows = countedWhere(sql, part, index)
    return sql`${sql(`limit${index}`)} as (${counted(sql, { ...part, rows, id })})`
  })
  const answers = [
    ...parts.map((_, index) => sql`select * from ${sql(`limit${index}`)}`),
    sql`select false, wait from refused`
  ]
  const statement = sql<Row>`
    with ${sql.csv([refused(sql, parts, id), ...counts])}
    ${sql.join(" union all ", false)(answers)}`
  return Effect.map(statement.withoutTransform, (rows) => {
    const waits = rows.filter((row) => !row.is_admitted).map((row) => row.wait)
    return waits.length === 0 ? 0 : Math.max(...waits, 0.001)
  })
}

/**
 * Takes an attempt back that was no guess at a password. Not from limits of a rate: those limit the
 * work that is asked for, done or not. An attempt that came after it keeps its pause.
 *
 * To be run once: run again it would take back another's.
 */
export const retract = (
  sql: SqlClient,
  limits: ThrottleLimits,
  attempts: ReadonlyArray<Attempt>,
  id: string
): Effect.Effect<void, SqlError> => {
  const guesses = attempts.filter(({ limit }) => !("burst" in limits[limit]))
  if (guesses.length === 0) return Effect.void
  const keys = guesses.map((attempt) => sql`${keyOf(attempt)}::bytea`)
  return Effect.asVoid(sql`
    update throttles
    set count = greatest(count - 1, 0),
        free_at = case when attempt = ${id}::uuid then clock_timestamp() else free_at end
    where key in (${sql.csv(keys)})`)
}
