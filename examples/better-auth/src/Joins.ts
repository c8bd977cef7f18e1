import type { JoinConfig } from "@better-auth/core/db/adapter"
import { SqlClient } from "@effect/sql/SqlClient"
import { Array as Arr, Effect } from "effect"
import type { Row, Statement } from "./Statements.ts"

type Join = JoinConfig[string]

/** The rows of another table that belong to these, at most `limit` for each: one statement. */
const rowsBeside = (
  base: string,
  rows: ReadonlyArray<Row>,
  joined: string,
  { limit = 100, on }: Join
): Statement<ReadonlyArray<Row>> =>
  Effect.flatMap(
    SqlClient,
    (sql) => sql<Row>`
      SELECT found.* FROM (
        SELECT DISTINCT ${sql(on.from)} AS key FROM ${sql(base)}
        WHERE ${sql.in(
          on.from,
          rows.map((row) => row[on.from])
        )}
      ) AS base CROSS JOIN LATERAL (
        SELECT * FROM ${sql(joined)} AS candidate
        WHERE candidate.${sql(on.to)} = base.key LIMIT ${limit}
      ) AS found`
  )

const joinOne = <T extends Row>(
  base: string,
  rows: ReadonlyArray<T>,
  joined: string,
  join: Join
): Statement<ReadonlyArray<T>> =>
  Effect.map(rowsBeside(base, rows, joined, join), (found) => {
    const byKey = Arr.groupBy(found, (row) => String(row[join.on.to]))
    return rows.map((row) => {
      const own = byKey[String(row[join.on.from])] ?? []
      return { ...row, [joined]: join.relation === "one-to-one" ? (own[0] ?? null) : own }
    })
  })

/** Adds to each row what belongs to it in other tables, under their names. */
export const withJoined = <T extends Row>(
  base: string,
  rows: ReadonlyArray<T>,
  joins: JoinConfig = {}
): Statement<ReadonlyArray<T>> =>
  rows.length === 0
    ? Effect.succeed(rows)
    : Effect.reduce(Object.entries(joins), rows, (sofar, [joined, join]) =>
        joinOne(base, sofar, joined, join)
      )
