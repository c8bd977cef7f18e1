import type { Schema } from "../sql/SchemaState.ts"
import { lettersAndLimits } from "./migrations/LettersAndLimits.ts"
import { pruningAndAuditIndexes } from "./migrations/PruningAndAuditIndexes.ts"
import { signUpRequests } from "./migrations/SignUpRequests.ts"
import { usersAndSessions } from "./migrations/UsersAndSessions.ts"

/**
 * The tables of this floor, as the steps that lead to them; `schema.sql` says what each is for.
 *
 * A step only adds, so that the version before it can go on beside the new one. Each also takes over
 * what it finds: a database may have been made by `schema.sql`, of this version or an earlier one.
 */
export const authSchema: Schema = {
  migrations: [usersAndSessions, lettersAndLimits, pruningAndAuditIndexes, signUpRequests],
  tables: [
    "users",
    "sessions",
    "audit_events",
    "throttles",
    "outbox",
    "one_time_tokens",
    "sign_up_requests"
  ]
}
