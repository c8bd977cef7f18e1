import type { Migration } from "../../sql/schema/SchemaState.ts"

/**
 * So that of all changes of an address that were asked for only the last can come to pass, and whoever
 * has the old one can keep it. `email_change` is null, and not filled in: a link from before this step
 * has to be asked for again. The tokens that the wider check reads are those of some days.
 */
export const emailChanges: Migration = {
  id: 5,
  name: "email_changes",
  script: `
alter table users add column if not exists email_change uuid;
do $$ begin
  if not exists (
    select from pg_constraint
    where conrelid = to_regclass('one_time_tokens') and conname = 'one_time_tokens_purpose'
      and pg_get_constraintdef(oid) like '%keep-email%'
  ) then
    alter table one_time_tokens
      drop constraint if exists one_time_tokens_purpose,
      add constraint one_time_tokens_purpose check (
        purpose in ('verify-email', 'change-email', 'reset-password', 'sign-up', 'keep-email')
      );
  end if;
end $$;
`
}
