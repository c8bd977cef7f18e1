import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { PgError } from "../failure/PgError.ts"
import { applyMigrations, type MigrateOptions } from "./applyMigrations.ts"
import { migrationDiffers } from "./MigrationFailure.ts"
import {
  journalTable,
  lookAtSchema,
  type Migration,
  type Schema,
  type SchemaState,
  titleOf
} from "./SchemaState.ts"
import { refuseForeign, refuseScattered, whereabouts } from "./Whereabouts.ts"

export type { MigrateOptions } from "./applyMigrations.ts"

const differing = (
  { migrations }: Schema,
  { applied }: SchemaState
): Effect.Effect<void, SqlError> =>
  Effect.forEach(
    applied,
    (theirs) => {
      const own = migrations.find(({ id }) => id === theirs.id)
      return own === undefined || own.name === theirs.name
        ? Effect.void
        : Effect.fail(migrationDiffers(own, theirs))
    },
    { discard: true }
  )

/** Columns of the journal that are read here, or by upstream's Migrator. */
const journalMarks = { [journalTable]: ["migration_id", "created_at", "name"] }

/** Looks how far a database has come; fails where it holds what no migration may touch. */
export const inspect = (
  connection: SqlConnection,
  schema: Schema
): Effect.Effect<SchemaState, SqlError> =>
  Effect.gen(function* () {
    const tables = [...schema.tables, journalTable]
    const places = yield* whereabouts(connection, tables, { ...schema.marks, ...journalMarks })
    yield* refuseForeign(places)
    const state = yield* lookAtSchema(connection, schema)
    yield* refuseScattered(places, state.pending.length > 0)
    yield* differing(schema, state)
    return state
  })

const go = (
  connection: SqlConnection,
  schema: Schema,
  { pending }: SchemaState,
  options: MigrateOptions
): Effect.Effect<ReadonlyArray<Migration>, SqlError> =>
  Effect.gen(function* () {
    if (pending.length === 0) return []
    const made = new Set(yield* applyMigrations(connection, schema, options))
    return schema.migrations.filter(({ id }) => made.has(id))
  })

/**
 * Brings the database at the other end of a session to a schema, and answers with the steps that it
 * made for that.
 *
 * All of them are one transaction under an advisory lock of that transaction, so that any number of
 * processes may start at once, also through a pooler, and one that dies leaves nothing half done. Where
 * there is nothing to do it locks nothing and needs no right to change anything. Steps that a later
 * version has made are left alone: steps only add, so this one can go on beside it.
 *
 * Fails with a `SqlError` that names the step, says what is left of it, and what to do.
 */
export const migrate = (
  connection: SqlConnection,
  schema: Schema,
  options: MigrateOptions = {}
): Effect.Effect<ReadonlyArray<Migration>, SqlError> =>
  Effect.flatMap(inspect(connection, schema), (state) => go(connection, schema, state, options))

const unwritten = ({ journal }: SchemaState): string =>
  journal === "hidden"
    ? `This role may not read ${journalTable}, so which migrations were applied is not known; all tables are there. GRANT SELECT on it.`
    : `The tables are there, but not which migrations were applied, and this role may not write that down. Let the owner of the tables run \`holdfast migrate\` once.`

const beyond = ({ newer }: SchemaState): string =>
  `The database has been migrated by a later version of holdfast (${newer.map(titleOf).join(", ")}). This one goes on, because migrations only add.`

/**
 * Migrates on the first connection of a service's pool: `initialize` of `PgClientConfig`. A service
 * whose role may use the tables and not change them finds a schema that somebody else has made.
 */
export const migrateFirst =
  (schema: Schema) =>
  (connection: SqlConnection): Effect.Effect<void, SqlError> =>
    Effect.gen(function* () {
      const state = yield* inspect(connection, schema)
      if (state.newer.length > 0) yield* Effect.logWarning(beyond(state))
      const isMade = state.journal !== "read" && state.isComplete
      yield* Effect.catchIf(
        go(connection, schema, state, {}),
        (error) => isMade && error instanceof PgError && error.reason._tag === "AuthorizationError",
        () => Effect.logWarning(unwritten(state))
      )
    })
