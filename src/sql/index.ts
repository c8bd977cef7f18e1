export * as PgMigrator from "@effect/sql-pg/PgMigrator"
export { ensureSchema } from "./ensureSchema.ts"
export { type MigrateOptions, migrate, migrateFirst } from "./migrate.ts"
export * as PgClient from "./PgClient.ts"
export { type Outcome, PgError, type Phase, type Reason } from "./PgError.ts"
export { type ReplayOptions, replay } from "./replay.ts"
export {
  type AppliedMigration,
  lookAtSchema,
  type Migration,
  type Schema,
  type SchemaState
} from "./SchemaState.ts"
