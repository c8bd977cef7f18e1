import type { Migration } from "../../sql/SchemaState.ts"

/** So that pruning finds the sessions that have ended without reading all of them. */
export const pruningIndexes: Migration = {
  id: 3,
  name: "pruning_indexes",
  script: `
create index if not exists sessions_expires_idx on sessions (expires);
create index if not exists sessions_last_seen_idx on sessions (last_seen);
`
}
