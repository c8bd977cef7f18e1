export * as PgMigrator from "@effect/sql-pg/PgMigrator"
export { type Outcome, PgError, type Phase, type Reason } from "./failure/PgError.ts"
export * as PgClient from "./PgClient.ts"
export type { ReplayOptions } from "./statement/replay.ts"
