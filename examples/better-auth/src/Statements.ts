import type { CleanedWhere } from "@better-auth/core/db/adapter"
import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Fragment } from "@effect/sql/Statement"
import { Array as Arr, Effect, Option } from "effect"
import { conditionsOf } from "./Conditions.ts"

export type Row = Record<string, unknown>

/** A statement that has yet to be given a client. */
export type Statement<A> = Effect.Effect<A, SqlError, SqlClient>

interface Target {
  readonly model: string
  readonly where?: ReadonlyArray<CleanedWhere> | undefined
}

interface Selection extends Target {
  readonly columns?: ReadonlyArray<string> | undefined
  readonly sortBy?: { readonly field: string; readonly direction: "asc" | "desc" } | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
}

interface Change extends Target {
  readonly set?: Row | undefined
  /** What is added to which column. */
  readonly increment?: Record<string, number> | undefined
}

const firstOf = <T>(rows: ReadonlyArray<T>): T | null => Option.getOrNull(Arr.head(rows))

const columnsOf = (sql: SqlClient, columns: ReadonlyArray<string> = []): Fragment =>
  columns.length === 0 ? sql`*` : sql.csv(columns.map((column) => sql`${sql(column)}`))

const orderOf = (sql: SqlClient, sortBy: Selection["sortBy"]): Fragment =>
  sortBy === undefined
    ? sql``
    : sql`ORDER BY ${sql(sortBy.field)} ${sql.literal(sortBy.direction === "asc" ? "ASC" : "DESC")}`

export const select = <T>(selection: Selection): Statement<ReadonlyArray<T & Row>> =>
  Effect.flatMap(
    SqlClient,
    (sql) => sql<T & Row>`
      SELECT ${columnsOf(sql, selection.columns)} FROM ${sql(selection.model)}
      WHERE ${conditionsOf(sql, selection.where)} ${orderOf(sql, selection.sortBy)}
      LIMIT ${selection.limit ?? null} OFFSET ${selection.offset ?? 0}`
  )

export const count = ({ model, where }: Target): Statement<number> =>
  Effect.flatMap(
    SqlClient,
    (sql) => sql<{ readonly count: number }>`
      SELECT count(*)::int AS count FROM ${sql(model)} WHERE ${conditionsOf(sql, where)}`
  ).pipe(Effect.map(([row]) => row?.count ?? 0))

export const insert = <T extends Row>(model: string, row: T): Statement<T> =>
  Effect.flatMap(SqlClient, (sql) =>
    Effect.map(
      sql<T>`INSERT INTO ${sql(model)} ${sql.insert(row)} RETURNING *`,
      ([inserted = row]) => inserted
    )
  )

const assignments = (sql: SqlClient, { increment = {}, set = {} }: Change): Fragment => {
  const added = Object.entries(increment).map(
    ([column, delta]) => sql`${sql(column)} = ${sql(column)} + ${delta}`
  )
  return sql.csv(Object.keys(set).length === 0 ? added : [sql`${sql.update(set)}`, ...added])
}

/**
 * At most one row that meets the conditions, locked: who has waited for its lock finds it only if it
 * still meets them, so of several at once one has it.
 */
const oneOf = (sql: SqlClient, { model, where }: Target): Fragment => sql`
  id = (SELECT id FROM ${sql(model)} WHERE ${conditionsOf(sql, where)} LIMIT 1 FOR UPDATE)`

export const updateOne = <T>(change: Change): Statement<(T & Row) | null> =>
  Effect.flatMap(SqlClient, (sql) =>
    Effect.map(
      sql<T & Row>`
        UPDATE ${sql(change.model)} SET ${assignments(sql, change)}
        WHERE ${oneOf(sql, change)} RETURNING *`,
      firstOf
    )
  )

export const deleteOne = <T>(target: Target): Statement<(T & Row) | null> =>
  Effect.flatMap(SqlClient, (sql) =>
    Effect.map(
      sql<T & Row>`DELETE FROM ${sql(target.model)} WHERE ${oneOf(sql, target)} RETURNING *`,
      firstOf
    )
  )

/** Returns how many rows were changed. */
export const updateAll = (change: Change): Statement<number> =>
  Effect.flatMap(SqlClient, (sql) =>
    Effect.map(
      sql`
        UPDATE ${sql(change.model)} SET ${assignments(sql, change)}
        WHERE ${conditionsOf(sql, change.where)} RETURNING 1`,
      Arr.length
    )
  )

/** Returns how many rows were deleted. */
export const deleteAll = ({ model, where }: Target): Statement<number> =>
  Effect.flatMap(SqlClient, (sql) =>
    Effect.map(
      sql`DELETE FROM ${sql(model)} WHERE ${conditionsOf(sql, where)} RETURNING 1`,
      Arr.length
    )
  )
