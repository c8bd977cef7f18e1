import type { Migration } from "../../sql/schema/SchemaState.ts"

/** So that pruning finds the sessions that have ended, and the dashboard the latest events. */
export const pruningAndAuditIndexes: Migration = {
  id: 3,
  name: "pruning_and_audit_indexes",
  script: `
create index if not exists sessions_expires_idx on sessions (expires);
create index if not exists sessions_last_seen_idx on sessions (last_seen);
create index if not exists audit_events_at_idx on audit_events (at);
`
}
