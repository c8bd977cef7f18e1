import type { SqlError } from "@effect/sql/SqlError"
import { PgError } from "../sql/failure/PgError.ts"

/** The unique keys whose values are random, so that only a statement's own row can hold them. */
const ownKeys: ReadonlySet<string | undefined> = new Set([
  "users_pkey",
  "sessions_pkey",
  "sessions_token_digest_key",
  "audit_events_pkey",
  "outbox_pkey",
  "one_time_tokens_pkey"
])

const violatedKey = (error: SqlError): string | undefined =>
  error instanceof PgError && error.reason._tag === "UniqueViolation"
    ? error.reason.constraint
    : undefined

/**
 * An earlier run of the same statement, whose answer was lost, is still under way and came first:
 * ON CONFLICT looks at one key, and the other run's row turned up in another. It is committed by the
 * time of this error, so the next run finds it.
 */
export const metItself = (error: SqlError): boolean => ownKeys.has(violatedKey(error))

/** The address that a statement gives to a user belongs to another. */
export const isAddressTaken = (error: SqlError): boolean => violatedKey(error) === "users_email_key"

/** The Idempotency-Key of a sign-up is another's, or that of an earlier run of it. */
export const isSignUpKeyTaken = (error: SqlError): boolean =>
  violatedKey(error) === "users_signup_key_digest_key"
