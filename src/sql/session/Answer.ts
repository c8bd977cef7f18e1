import type * as pg from "pg"

/** What the driver answers; several statements in one text answer with a list. */
export type Answer = StatementResult | ReadonlyArray<StatementResult>

/** As the driver's: what the server did not tell is null. */
export class StatementResult {
  command: string | null = null
  rowCount: number | null = null
  oid: number | null = null
  rows: pg.QueryResult["rows"] = []
  fields: Array<pg.FieldDef> = []
}

/** "INSERT 0 1": the command, for INSERT the number of an object of old, and the rows. */
const tag = /^([A-Za-z]+)(?: (\d+))?(?: (\d+))?/

/** Takes what the server said at the end of the statement. */
export const complete = (result: StatementResult, text: string): void => {
  const [, command, first, second] = tag.exec(text) ?? []
  result.command = command ?? null
  if (second !== undefined) result.oid = Number(first)
  const rows = second ?? first
  if (rows !== undefined) result.rowCount = Number(rows)
}
