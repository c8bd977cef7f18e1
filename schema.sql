-- The whole schema of holdfast's auth floor. The service runs it at its start if a table is missing,
-- and so do the tests. It can be run again: what exists is left as it is.
--
-- Names of constraints are part of the contract: src/auth/IdempotentStatement.ts tells by them whose
-- row a statement met.

-- Who has signed up. Owned by src/auth/Accounts.ts.
create table if not exists users (
  -- Made by the service before the row is written, so that a repeated sign-up finds its own row.
  id uuid constraint users_pkey primary key,

  -- The canonical spelling (src/auth/Email.ts), so that equal text is the same mailbox. Collation "C"
  -- compares bytes: an upgrade of the system's locale data can't corrupt the unique index.
  email text collate "C" not null
    constraint users_email_key unique
    constraint users_email_canonical check (
      octet_length(email) <= 254
      and email ~ '^[a-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+([.][a-z0-9-]+)+$'
    ),

  -- When the address was proven to be theirs; null: not yet.
  email_verified timestamptz,

  -- A PHC string (src/auth/Passwords.ts). The check refuses what was not hashed.
  password_hash text not null
    constraint users_password_hash_phc check (password_hash like '$argon2id$%'),

  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Who is signed in. Owned by src/auth/Sessions.ts; Accounts.ts writes a session in the statement that
-- signs someone up or in.
create table if not exists sessions (
  -- Made by the service, as users.id. No secret.
  id uuid constraint sessions_pkey primary key,

  user_id uuid not null
    constraint sessions_user_id_fkey references users (id) on delete cascade,

  -- SHA-256 of the token, which is stored nowhere: what is in this table opens nothing.
  token_digest bytea not null
    constraint sessions_token_digest_key unique
    constraint sessions_token_digest_sha256 check (octet_length(token_digest) = 32),

  -- From this moment on the row counts for nothing.
  expires timestamptz not null
);

-- For the cascade of a deleted user, and for all sessions of one.
create index if not exists sessions_user_id_idx on sessions (user_id);
