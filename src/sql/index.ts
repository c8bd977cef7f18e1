export * as PgMigrator from "@effect/sql-pg/PgMigrator"
export { type Outcome, PgError, type Phase, type Reason } from "./failure/PgError.ts"
export type { ReasonTag } from "./failure/Verdict.ts"
export * as PgClient from "./PgClient.ts"
export { ensureSchema } from "./schema/ensureSchema.ts"
export { type MigrateOptions, migrate, migrateFirst } from "./schema/migrate.ts"
export {
  type AppliedMigration,
  lookAtSchema,
  type Migration,
  type Schema,
  type SchemaState
} from "./schema/SchemaState.ts"
export type { ReplayOptions } from "./statement/replay.ts"
