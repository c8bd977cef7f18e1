import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, Option } from "effect"
import { PgError, type Reason } from "../sql/failure/PgError.ts"
import { DatabaseUnavailable } from "./AuthError.ts"

/**
 * Whose fault a failure is when a statement had reached the server: the database's, which could not
 * do its work now, or ours, who sent it a statement that it can never execute.
 */
const isOfTheDatabase: Readonly<Record<Reason["_tag"], boolean>> = {
  ConnectionError: true,
  AuthenticationError: true,
  ResourceError: true,
  ReadOnlyError: true,
  DeadlockError: true,
  SerializationError: true,
  LockTimeoutError: true,
  StatementTimeoutError: true,
  TransactionTimeoutError: true,
  // The role may not use a table, the schema lacks a column, a check does not hold: bugs.
  AuthorizationError: false,
  SqlSyntaxError: false,
  UniqueViolation: false,
  ConstraintError: false,
  ListenUnsupportedError: false,
  UnknownError: false
}

/** Without a connection no statement of ours was judged, whatever the reason. */
const isUnavailability = (error: PgError): boolean =>
  error.isRetryable || error.phase === "acquire" || isOfTheDatabase[error.reason._tag]

/** Nothing else is wrong than that there is no connection, or none any more. */
export const isConnectionFailure = (error: unknown): boolean =>
  error instanceof PgError && error.reason._tag === "ConnectionError"

const retryAfterSeconds = ({ retryAfter }: PgError): number =>
  Option.match(retryAfter, {
    onNone: () => 1,
    onSome: (duration) => Math.max(1, Math.ceil(Duration.toSeconds(duration)))
  })

/** What the server said, where it speaks of names only. Elsewhere it may quote our values. */
const explanation = ({ cause, reason, sqlState }: PgError): string => {
  if (reason.constraint !== undefined) return `${reason._tag}: ${reason.constraint}`
  const speaksOfNames = reason._tag === "SqlSyntaxError" || reason._tag === "AuthorizationError"
  return speaksOfNames && cause instanceof Error
    ? `${reason._tag}: ${cause.message}`
    : `${reason._tag}: ${sqlState ?? "no SQLSTATE"}`
}

/** A new error without the old one in it: its cause holds the row that failed, address and all. */
const defect = (error: SqlError): Error =>
  new Error(
    error instanceof PgError
      ? `The database can't execute a statement of auth/ (${explanation(error)}). Compare its tables and grants with schema.sql.`
      : "A statement of auth/ failed without a verdict. Provide the SqlClient of holdfast's PgClient, whose errors are PgErrors."
  )

/** `DatabaseUnavailable` for what may pass by waiting, a defect for what is a bug. */
export const fromSqlError = (error: SqlError): Effect.Effect<never, DatabaseUnavailable> =>
  error instanceof PgError && isUnavailability(error)
    ? new DatabaseUnavailable({ retryAfterSeconds: retryAfterSeconds(error) })
    : Effect.die(defect(error))
