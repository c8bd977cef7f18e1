import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Duration, Effect } from "effect"
import {
  type Attempt,
  inOrder,
  type Pauses,
  type Rate,
  type ThrottleLimits
} from "./ThrottleLimits.ts"
import { sha256 } from "./TokenText.ts"

/** Under which an attempt is counted. `Throttle.forgotten` computes the same in SQL. */
const keyOf = ({ limit, subject }: Attempt): Uint8Array => sha256(`${limit}:${subject}`)

const seconds = Duration.toSeconds

/** How one limit decides, in SQL: `t` is the row as it is, `at` the moment of the attempt. */
interface Rule {
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
const rateRule = (sql: SqlClient, { burst, per }: Rate): Rule => {
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

/**
 * Counts one attempt under one key if it may pass.
 *
 * The clock is read once the row is locked: by `now()`, who waited for the row would decide by a
 * time before that of whom they waited for.
 */
const counted = (
  sql: SqlClient,
  { attempt, id, isNext, rule }: { attempt: Attempt; id: string; isNext: Fragment; rule: Rule }
): Fragment => sql`
  insert into throttles as t (key, count, free_at, attempt)
  select ${keyOf(attempt)}::bytea, 1, ${rule.firstFreeAt}, ${id}::uuid where ${isNext}
  on conflict (key) do update set (count, free_at, attempt) = (
    select case when passes then ${rule.count} else t.count end,
           case when passes then ${rule.freeAt} else t.free_at end,
           case when passes then excluded.attempt else t.attempt end
    from (
      select at, ${rule.isFree} and t.attempt <> excluded.attempt as passes
      from (select clock_timestamp() as at) clock
    ) decision
  )
  returning t.attempt = ${id}::uuid as is_admitted,
            (extract(epoch from t.free_at - clock_timestamp()) - ${rule.slack})::float8 as wait`

interface Row {
  readonly is_admitted: boolean
  readonly wait: number
}

/**
 * Counts an attempt against each of its limits in turn, as long as they let it pass, and answers the
 * seconds to wait if one did not; 0: it passed.
 *
 * One statement, so that of any number at once exactly as many pass as the limit says. Running it
 * again with the same id counts nothing unless another attempt came between; then it counts twice.
 */
export const admit = (
  sql: SqlClient,
  limits: ThrottleLimits,
  attempts: ReadonlyArray<Attempt>,
  id: string
): Effect.Effect<number, SqlError> => {
  const parts = inOrder(attempts).map((attempt, index) => {
    const isNext =
      index === 0 ? sql`true` : sql`(select is_admitted from ${sql(`limit${index - 1}`)})`
    const rule = ruleOf(sql, limits[attempt.limit])
    return sql`${sql(`limit${index}`)} as (${counted(sql, { attempt, id, isNext, rule })})`
  })
  const answers = parts.map((_, index) => sql`select * from ${sql(`limit${index}`)}`)
  const statement = sql<Row>`with ${sql.csv(parts)} ${sql.join(" union all ", false)(answers)}`
  return Effect.map(statement.withoutTransform, (rows) => {
    const refused = rows.find((row) => !row.is_admitted)
    return refused === undefined ? 0 : Math.max(refused.wait, 0.001)
  })
}
