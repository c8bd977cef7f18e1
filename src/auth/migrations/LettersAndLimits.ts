import type { Migration } from "../../sql/schema/SchemaState.ts"

/**
 * Passwords that change, sessions that can be told apart and end when idle, what happened to whom,
 * limits of tries, letters and the tokens in them.
 */
export const lettersAndLimits: Migration = {
  id: 2,
  name: "letters_and_limits",
  script: `
alter table users add column if not exists password_version integer not null default 0;
alter table users add column if not exists signup_key_digest bytea
  constraint users_signup_key_digest_key unique
  constraint users_signup_key_digest_sha256 check (octet_length(signup_key_digest) = 32);
alter table sessions add column if not exists last_seen timestamptz not null default now();
alter table sessions add column if not exists password_version integer not null default 0;
alter table sessions add column if not exists created_at timestamptz not null default now();
alter table sessions add column if not exists user_agent text
  constraint sessions_user_agent_short check (char_length(user_agent) <= 256);
alter table sessions add column if not exists address text
  constraint sessions_address_short check (char_length(address) <= 64);
create table if not exists audit_events (
  id uuid constraint audit_events_pkey primary key,
  at timestamptz not null default now(),
  kind text not null,
  user_id uuid,
  session_id uuid,
  address text,
  user_agent text
);
create index if not exists audit_events_user_id_at_idx on audit_events (user_id, at);
create table if not exists throttles (
  key bytea constraint throttles_key_pkey primary key
    constraint throttles_key_sha256 check (octet_length(key) = 32),
  count integer not null,
  free_at timestamptz not null,
  attempt uuid not null
);
create table if not exists outbox (
  id uuid constraint outbox_pkey primary key,
  purpose text not null,
  recipient text collate "C" not null,
  user_id uuid constraint outbox_user_id_fkey references users (id) on delete cascade,
  password_hash text
    constraint outbox_password_hash_phc check (password_hash like '$argon2id$%'),
  password_version integer,
  due timestamptz not null default now(),
  attempts integer not null default 0,
  claim uuid,
  created_at timestamptz not null default now()
);
create index if not exists outbox_due_idx on outbox (due);
create index if not exists outbox_user_id_idx on outbox (user_id);
create index if not exists outbox_claim_idx on outbox (claim);
create table if not exists one_time_tokens (
  token_digest bytea constraint one_time_tokens_pkey primary key
    constraint one_time_tokens_digest_sha256 check (octet_length(token_digest) = 32),
  purpose text not null constraint one_time_tokens_purpose check (
    purpose in ('verify-email', 'change-email', 'reset-password', 'sign-up')
  ),
  user_id uuid constraint one_time_tokens_user_id_fkey references users (id) on delete cascade,
  email text collate "C" not null,
  password_hash text
    constraint one_time_tokens_password_hash_phc check (password_hash like '$argon2id$%'),
  password_version integer,
  mail_id uuid not null,
  expires timestamptz not null,
  used_by uuid
);
create index if not exists one_time_tokens_user_id_idx on one_time_tokens (user_id);
create index if not exists one_time_tokens_mail_id_idx on one_time_tokens (mail_id);
create index if not exists one_time_tokens_expires_idx on one_time_tokens (expires);
`
}
