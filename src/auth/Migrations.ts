import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import type { Effect } from "effect"
import * as schema from "../sql/schema/migrate.ts"
import { lookAtSchema, type Migration, type SchemaState } from "../sql/schema/SchemaState.ts"
import { authSchema } from "./authSchema.ts"

export type { MigrateOptions } from "../sql/schema/migrate.ts"
export type { AppliedMigration, Migration, SchemaState } from "../sql/schema/SchemaState.ts"

/**
 * Brings the database at the other end of a session to the tables of this version, and answers with the
 * steps that it made for that.
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
  options?: schema.MigrateOptions
): Effect.Effect<ReadonlyArray<Migration>, SqlError> =>
  schema.migrate(connection, authSchema, options)

/**
 * Migrates on the first connection of a pool: `initialize` of `PgClient.layer`. A service whose role may
 * use the tables and not change them goes on with tables that somebody else has made.
 */
export const migrateFirst: (connection: SqlConnection) => Effect.Effect<void, SqlError> =
  schema.migrateFirst(authSchema)

/** Looks how far a database has come. Changes nothing, and needs no right to. Two round trips. */
export const state = (connection: SqlConnection): Effect.Effect<SchemaState, SqlError> =>
  lookAtSchema(connection, authSchema)
