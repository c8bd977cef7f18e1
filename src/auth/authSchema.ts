import type { Schema } from "../sql/schema/SchemaState.ts"
import { emailChanges } from "./migrations/EmailChanges.ts"
import { lettersAndLimits } from "./migrations/LettersAndLimits.ts"
import { pruningAndAuditIndexes } from "./migrations/PruningAndAuditIndexes.ts"
import { signUpRequests } from "./migrations/SignUpRequests.ts"
import { usersAndSessions } from "./migrations/UsersAndSessions.ts"

/**
 * The tables of accounts and sessions, as the steps that lead to them; `schema.sql` says what each is for.
 *
 * A step only adds, so that the version before it can go on beside the new one. Each also takes over
 * what it finds: a database may have been made by `schema.sql`, of this version or an earlier one.
 */
export const authSchema: Schema = {
  migrations: [
    usersAndSessions,
    lettersAndLimits,
    pruningAndAuditIndexes,
    signUpRequests,
    emailChanges
  ],
  tables: [
    "users",
    "sessions",
    "audit_events",
    "throttles",
    "outbox",
    "one_time_tokens",
    "sign_up_requests"
  ],
  additions: { users: ["email_change"] },
  // The first step looks at users and sessions itself.
  marks: {
    audit_events: ["id", "at", "kind", "user_id", "session_id", "address", "user_agent"],
    throttles: ["key", "count", "free_at", "attempt"],
    outbox: ["id", "purpose", "recipient", "password_hash", "due", "attempts", "claim"],
    one_time_tokens: ["token_digest", "purpose", "email", "mail_id", "expires", "used_by"],
    sign_up_requests: ["key_digest", "email", "password_hash", "letter_id", "expires"]
  }
}
