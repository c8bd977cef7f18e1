import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import type { Marks } from "./Whereabouts.ts"

/** One step of a schema. Once released it stays as it is: what is to change is a further step. */
export interface Migration {
  /** Counts up. The largest that a database has seen tells how far it has come. */
  readonly id: number
  /** Letters, digits and underscores. */
  readonly name: string
  /** Statements of SQL, all of them such as a transaction may hold. */
  readonly script: string
}

/** A schema, as the steps that lead to it. */
export interface Schema {
  readonly migrations: ReadonlyArray<Migration>
  /** All tables that they come to. */
  readonly tables: ReadonlyArray<string>
  /** Columns that such a table got by a step that adds no table, which would tell of it. Default: none. */
  readonly additions?: Marks
  /**
   * Columns that such a table has from its first step on: one without them is somebody else's, and
   * nothing is migrated then. Default: none is looked at.
   */
  readonly marks?: Marks
}

/** A step that a database says it has seen. */
export type AppliedMigration = Pick<Migration, "id" | "name">

/** How far a database has come on the way to a schema. */
export interface SchemaState {
  /** The table of the steps that were applied: not there, or not to be read by this role. */
  readonly journal: "absent" | "hidden" | "read"
  /** Every table of the schema exists, with the columns that it got later. */
  readonly isComplete: boolean
  readonly applied: ReadonlyArray<AppliedMigration>
  /** The steps still to be made. Where the journal can't be read, all of them. */
  readonly pending: ReadonlyArray<Migration>
  /** Steps that this version does not know: a later one has been here. */
  readonly newer: ReadonlyArray<AppliedMigration>
}

/** Where it is written down which steps were made, in the schema that comes first on the search path. */
export const journalTable = "holdfast_migrations"

/** A step as it is called in messages and reports: `2_letters_and_limits`. */
export const titleOf = ({ id, name }: AppliedMigration): string => `${id}_${name}`

const presence = `SELECT has_table_privilege(to_regclass($1)::oid, 'SELECT'),
  (SELECT coalesce(bool_and(to_regclass(name) IS NOT NULL), true) FROM unnest($2::text[]) AS name)
  AND NOT EXISTS (
    SELECT FROM jsonb_each($3::jsonb) AS t (name, added),
      jsonb_array_elements_text(t.added) AS c (name)
    WHERE NOT EXISTS (SELECT FROM pg_attribute
      WHERE attrelid = to_regclass(t.name) AND attname = c.name AND NOT attisdropped))`

const journals = { true: "read", false: "hidden", null: "absent" } as const

const readJournal = (connection: SqlConnection) =>
  Effect.map(
    connection.executeValues(`SELECT migration_id, name FROM ${journalTable} ORDER BY 1`, []),
    (rows): ReadonlyArray<AppliedMigration> =>
      rows.map(([id, name]) => ({ id: Number(id), name: String(name) }))
  )

const stateOf = (
  { migrations }: Schema,
  found: Pick<SchemaState, "applied" | "isComplete" | "journal">
): SchemaState => {
  const reached = Math.max(0, ...found.applied.map(({ id }) => id))
  const known = Math.max(0, ...migrations.map(({ id }) => id))
  return {
    ...found,
    pending: migrations.filter(({ id }) => id > reached),
    newer: found.applied.filter(({ id }) => id > known)
  }
}

/** Looks how far a database has come. Changes nothing, and needs no right to. Two round trips. */
export const lookAtSchema = (
  connection: SqlConnection,
  schema: Schema
): Effect.Effect<SchemaState, SqlError> =>
  Effect.gen(function* () {
    const { additions = {}, tables } = schema
    const values = [journalTable, tables, JSON.stringify(additions)]
    const [row] = yield* connection.executeValues(presence, values)
    const [mayRead = null, isComplete] = row ?? []
    const journal = journals[String(mayRead) as keyof typeof journals]
    const applied = journal === "read" ? yield* readJournal(connection) : []
    return stateOf(schema, { journal, isComplete: isComplete === true, applied })
  })
