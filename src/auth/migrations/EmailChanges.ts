import type { Migration } from "../../sql/schema/SchemaState.ts"

/**
 * So that of all changes of an address that were asked for only the last can come to pass. Null, and
 * not filled in: a link from before this step has to be asked for again.
 */
export const emailChanges: Migration = {
  id: 5,
  name: "email_changes",
  script: `
alter table users add column if not exists email_change uuid;
`
}
