import type { Migration } from "../../sql/schema/SchemaState.ts"

/** Who has signed up, and who is signed in: the schema as it was before there were migrations. */
export const usersAndSessions: Migration = {
  id: 1,
  name: "users_and_sessions",
  script: `
-- A database may hold tables of these names that are somebody else's: they are not to be altered.
do $$ begin
  if to_regclass('users') is not null and not exists (
    select from pg_attribute where attrelid = to_regclass('users') and attname = 'password_hash'
  ) or to_regclass('sessions') is not null and not exists (
    select from pg_attribute where attrelid = to_regclass('sessions') and attname = 'token_digest'
  ) then
    raise exception 'there is a table users or sessions already that is not holdfast''s'
      using errcode = 'duplicate_table';
  end if;
end $$;

create table if not exists users (
  id uuid constraint users_pkey primary key,
  email text collate "C" not null
    constraint users_email_key unique
    constraint users_email_canonical check (
      octet_length(email) <= 254
      and email ~ '^[a-z0-9.!#$%&''*+/=?^_\`{|}~-]{1,64}@[a-z0-9-]+([.][a-z0-9-]+)+$'
    ),
  email_verified timestamptz,
  password_hash text not null
    constraint users_password_hash_phc check (password_hash like '$argon2id$%'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table if not exists sessions (
  id uuid constraint sessions_pkey primary key,
  user_id uuid not null
    constraint sessions_user_id_fkey references users (id) on delete cascade,
  token_digest bytea not null
    constraint sessions_token_digest_key unique
    constraint sessions_token_digest_sha256 check (octet_length(token_digest) = 32),
  expires timestamptz not null
);

create index if not exists sessions_user_id_idx on sessions (user_id);
`
}
