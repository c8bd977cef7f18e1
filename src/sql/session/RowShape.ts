import type * as pg from "pg"

type Parse = (value: string) => unknown

/** Where the parsers of a session's types are found. */
export type TypeParsers = (field: pg.FieldDef) => Parse

/** How the rows of one statement become JavaScript values. */
export class RowShape {
  readonly fields: Array<pg.FieldDef>
  private readonly parserOf: TypeParsers
  /** Looked for with the first row: those of somebody else may throw, and a row is where that is caught. */
  private parsers: ReadonlyArray<Parse> | undefined
  /** Has all columns in their order, so that rows share one hidden class; own, even "__proto__". */
  private readonly blank: Record<string, unknown>

  constructor(fields: Array<pg.FieldDef>, parserOf: TypeParsers) {
    this.fields = fields
    this.parserOf = parserOf
    this.blank = Object.create(null)
    for (const { name } of fields) this.blank[name] = null
  }

  /** Of two columns with one name the last one counts, as the driver has it. */
  object(values: ReadonlyArray<string | null>): Record<string, unknown> {
    const row = { ...this.blank }
    for (let index = 0; index < values.length; index++) {
      const name = this.fields[index]?.name
      if (name !== undefined) row[name] = this.value(values, index)
    }
    return row
  }

  array(values: ReadonlyArray<string | null>): ReadonlyArray<unknown> {
    return values.map((_, index) => this.value(values, index))
  }

  private value(values: ReadonlyArray<string | null>, index: number): unknown {
    const value = values[index] ?? null
    if (value === null) return null
    this.parsers ??= this.fields.map(this.parserOf)
    return this.parsers[index]?.(value)
  }
}
