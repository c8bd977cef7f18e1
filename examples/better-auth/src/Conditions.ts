import type { CleanedWhere } from "@better-auth/core/db/adapter"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Fragment } from "@effect/sql/Statement"
import { Array as Arr, Either } from "effect"

type Value = Exclude<CleanedWhere["value"], ReadonlyArray<unknown>>
type Column = Pick<CleanedWhere, "field" | "mode">

const valuesOf = ({ value }: CleanedWhere): ReadonlyArray<Value> =>
  Array.isArray(value) ? value : [value]

const equals = (sql: SqlClient, { field, mode }: Column, value: Value): Fragment => {
  if (value === null) return sql`${sql(field)} IS NULL`
  return mode === "insensitive" && typeof value === "string"
    ? sql`lower(${sql(field)}) = lower(${value})`
    : sql`${sql(field)} = ${value}`
}

/** Of no values, none is equal. */
const isOneOf = (sql: SqlClient, clause: CleanedWhere): Fragment =>
  clause.mode === "insensitive"
    ? sql.join(" OR ", true, "1=0")(valuesOf(clause).map((value) => equals(sql, clause, value)))
    : sql.in(clause.field, valuesOf(clause))

/** A value stands for itself in a pattern: of `LIKE`'s own characters none is left. */
const literally = ({ value }: CleanedWhere) => String(value).replace(/[\\%_]/g, "\\$&")

const matches = (sql: SqlClient, { field, mode }: Column, pattern: string): Fragment =>
  mode === "insensitive" ? sql`${sql(field)} ILIKE ${pattern}` : sql`${sql(field)} LIKE ${pattern}`

const comparisons = { lt: "<", lte: "<=", gt: ">", gte: ">=" } as const

const conditionOf = (sql: SqlClient, clause: CleanedWhere): Fragment => {
  const [first = null] = valuesOf(clause)
  switch (clause.operator) {
    case undefined:
    case "eq":
      return equals(sql, clause, first)
    case "ne":
      return sql`NOT (${equals(sql, clause, first)})`
    case "in":
      return isOneOf(sql, clause)
    case "not_in":
      return sql`NOT (${isOneOf(sql, clause)})`
    case "contains":
      return matches(sql, clause, `%${literally(clause)}%`)
    case "starts_with":
      return matches(sql, clause, `${literally(clause)}%`)
    case "ends_with":
      return matches(sql, clause, `%${literally(clause)}`)
    default:
      return sql`${sql(clause.field)} ${sql.literal(comparisons[clause.operator])} ${first}`
  }
}

/** better-auth's clauses as one condition: all that are joined by AND, and any of those by OR. */
export const conditionsOf = (
  sql: SqlClient,
  clauses: ReadonlyArray<CleanedWhere> = []
): Fragment => {
  const [required, alternative] = Arr.partitionMap(clauses, (clause) => {
    const condition = conditionOf(sql, clause)
    return clause.connector === "OR" ? Either.right(condition) : Either.left(condition)
  })
  return sql.and(alternative.length === 0 ? required : [...required, sql.or(alternative)])
}
