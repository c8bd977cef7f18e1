import { SqlError } from "@effect/sql/SqlError"
import { describe } from "../failure/classify.ts"
import { PgError, type Reason } from "../failure/PgError.ts"
import { type AppliedMigration, type Migration, titleOf } from "./SchemaState.ts"

const advice: Partial<Record<Reason["_tag"], string>> = {
  AuthorizationError:
    "Let a role that owns the tables, or may create them, run `holdfast migrate`; the service itself needs no more than to use them.",
  ConnectionError: "Try again once the database can be reached.",
  LockTimeoutError:
    "Another session has kept one of its tables locked: end that session, or try again when it is done.",
  ReadOnlyError: "This is a standby: use the address of the primary.",
  StatementTimeoutError: "Try again when the database is less busy."
}

const otherwise = "Change what stands in its way, and run `holdfast migrate` again."

const traceOf = ({ outcome }: PgError): string =>
  outcome === "Unknown"
    ? "Whether it was applied is not known, and trying again finds out."
    : "Nothing was changed."

/** The same failure, told as that of a migration: which one, why, what is left of it, what to do. */
export const migrationFailed = (error: PgError, during: Migration | undefined): PgError => {
  const what =
    during === undefined ? "The schema can't be migrated" : `Migration ${titleOf(during)} failed`
  const { endsSession, isRetryable, outcome, phase, reason, sqlState } = error
  return new PgError({
    message: `${what}: ${describe(error.cause)}. ${traceOf(error)} ${advice[reason._tag] ?? otherwise}`,
    cause: error.cause,
    reason,
    outcome,
    phase,
    sqlState,
    isRetryable,
    endsSession
  })
}

/** Where this version has one step, the database has seen another. */
export const migrationDiffers = (own: Migration, theirs: AppliedMigration): SqlError =>
  new SqlError({
    cause: undefined,
    message: `The database has seen migration ${titleOf(theirs)} where this version of holdfast has ${titleOf(own)}, so what it holds is not known. Nothing was changed. Use a database that only holdfast has migrated, or another schema (search_path).`
  })

/** The steps were made and could not be written down. */
export const notWrittenDown = (): SqlError =>
  new SqlError({
    cause: undefined,
    message:
      "The migrations could not be written down in holdfast_migrations. Nothing was changed. Give this role the right to insert into that table."
  })

/** A table has the name of one of ours, and is another. */
export const tableForeign = (name: string, lacking: string): SqlError =>
  new SqlError({
    cause: undefined,
    message: `There is a table ${name} already that is not holdfast's: it has no column ${lacking}. Nothing was changed. Give holdfast a schema of its own (search_path), or that table another name.`
  })

/** The tables lie, or would lie, in several schemas of the search path. */
export const tablesScattered = (places: ReadonlyArray<string>): SqlError =>
  new SqlError({
    cause: undefined,
    message: `The tables do not lie together on the search path, where those in front hide others of the same name: ${places.join("; ")}. Nothing was changed. Set search_path so that the schema of the tables comes first (ALTER ROLE ... SET search_path), or move them (ALTER TABLE ... SET SCHEMA).`
  })
