import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Array as Arrays, Effect } from "effect"
import { tableForeign, tablesScattered } from "./MigrationFailure.ts"

/** The columns by which tables are known, by the names of the tables. */
export type Marks = Readonly<Record<string, ReadonlyArray<string>>>

/** A table that a name leads to. */
interface Found {
  readonly name: string
  /** The schema that it lies in. */
  readonly place: string
  /** Those of its marks that it does not have, in words. */
  readonly lacking: string | null
}

/** What the names of tables lead to, by the search path. */
export interface Whereabouts {
  /** The schema in which new ones are made. */
  readonly front: string
  readonly found: ReadonlyArray<Found>
}

const statement = `SELECT current_schema()::text, relname::text, nspname::text,
  (SELECT string_agg(mark, ', ' ORDER BY place)
    FROM jsonb_array_elements_text($2::jsonb -> relname::text) WITH ORDINALITY AS m (mark, place)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = c.oid AND attname = mark AND NOT attisdropped))
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
  WHERE c.oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name) ORDER BY 3, 2`

/** Looks where tables lie. Changes nothing, and needs no right to. One round trip. */
export const whereabouts = (
  connection: SqlConnection,
  tables: ReadonlyArray<string>,
  marks: Marks = {}
): Effect.Effect<Whereabouts, SqlError> =>
  Effect.map(
    connection.executeValues(statement, [tables, JSON.stringify(marks)]),
    (rows): Whereabouts => ({
      front: String(rows[0]?.[0] ?? "none"),
      found: rows.map(([, name, place, lacking]) => ({
        name: String(name),
        place: String(place),
        lacking: typeof lacking === "string" ? lacking : null
      }))
    })
  )

/** Fails where a table has one of our names, and not its columns. */
export const refuseForeign = ({ found }: Whereabouts): Effect.Effect<void, SqlError> =>
  Effect.forEach(
    found,
    ({ lacking, name }) =>
      lacking === null ? Effect.void : Effect.fail(tableForeign(name, lacking)),
    { discard: true }
  )

/**
 * Fails where some tables lie in another schema than the rest, or than those that are about to be made
 * would: the ones in front would hide the others, and all that is in them.
 */
export const refuseScattered = (
  { found, front }: Whereabouts,
  isMaking: boolean
): Effect.Effect<void, SqlError> => {
  const future = isMaking && found.length > 0 ? [{ name: "new ones", place: front }] : []
  const byPlace = Object.entries(Arrays.groupBy([...found, ...future], ({ place }) => place))
  if (byPlace.length < 2) return Effect.void
  return Effect.fail(
    tablesScattered(
      byPlace.map(([place, tables]) => `${tables.map(({ name }) => name).join(", ")} in ${place}`)
    )
  )
}
