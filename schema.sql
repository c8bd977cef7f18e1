-- The whole schema of holdfast's auth floor, as its migrations (src/auth/authSchema.ts) come to it. It
-- can be run instead of them, also again: what exists is left as it is, and they take it over later.
--
-- Names of constraints are part of the contract: src/auth/UniqueKeys.ts tells by them whose row a
-- statement met.
--
-- Nothing in it opens anything: of passwords there are argon2id hashes, of tokens SHA-256 digests.

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

  -- Counts the passwords that the account has had. A session counts only while its own number is the
  -- same, so a session that begins at the very moment of a change does not outlive the old password.
  password_version integer not null default 0,

  -- SHA-256 of the Idempotency-Key that the sign-up came with; null: none.
  signup_key_digest bytea
    constraint users_signup_key_digest_key unique
    constraint users_signup_key_digest_sha256 check (octet_length(signup_key_digest) = 32),

  -- The letter (one_time_tokens.mail_id) whose link may change the address: that of the last change
  -- that was asked for, so that a link to a mistyped address is void with the next. Null: none may.
  email_change uuid,

  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

alter table users add column if not exists password_version integer not null default 0;
alter table users add column if not exists signup_key_digest bytea
  constraint users_signup_key_digest_key unique
  constraint users_signup_key_digest_sha256 check (octet_length(signup_key_digest) = 32);
alter table users add column if not exists email_change uuid;

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

  -- The absolute end: from this moment on the row counts for nothing.
  expires timestamptz not null,

  -- The row counts for nothing, either, when this is longer ago than the idle time (a setting).
  -- Written at most once an hour.
  last_seen timestamptz not null default now(),

  -- See users.password_version.
  password_version integer not null default 0,

  -- What the user is shown to tell their sessions apart. The address is coarse: an IPv4 /24 or an
  -- IPv6 /48.
  created_at timestamptz not null default now(),
  user_agent text constraint sessions_user_agent_short check (char_length(user_agent) <= 256),
  address text constraint sessions_address_short check (char_length(address) <= 64)
);

alter table sessions add column if not exists last_seen timestamptz not null default now();
alter table sessions add column if not exists password_version integer not null default 0;
alter table sessions add column if not exists created_at timestamptz not null default now();
alter table sessions add column if not exists user_agent text
  constraint sessions_user_agent_short check (char_length(user_agent) <= 256);
alter table sessions add column if not exists address text
  constraint sessions_address_short check (char_length(address) <= 64);

-- For the cascade of a deleted user, and for all sessions of one.
create index if not exists sessions_user_id_idx on sessions (user_id);

-- For the deletion of those that have ended by themselves (src/auth/Pruning.ts), by either end.
create index if not exists sessions_expires_idx on sessions (expires);
create index if not exists sessions_last_seen_idx on sessions (last_seen);

-- What happened to whom. Written in the statement of what happened, so there is one row for each
-- event; the service never changes or deletes it. Rows outlive their user: no foreign key.
-- They hold neither addresses of e-mail nor secrets.
create table if not exists audit_events (
  -- Made by the service, as users.id: a statement that is run again finds that it has happened.
  id uuid constraint audit_events_pkey primary key,
  at timestamptz not null default now(),
  -- See src/auth/Audit.ts for all of them.
  kind text not null,
  user_id uuid,
  session_id uuid,
  -- As in sessions.
  address text,
  user_agent text
);

create index if not exists audit_events_user_id_at_idx on audit_events (user_id, at);

-- For the latest events of all.
create index if not exists audit_events_at_idx on audit_events (at);

-- How often something was tried. Owned by src/auth/Throttle.ts.
create table if not exists throttles (
  -- SHA-256 of what is limited and whose it is: no address can be read from it.
  key bytea constraint throttles_key_pkey primary key
    constraint throttles_key_sha256 check (octet_length(key) = 32),
  -- Attempts that were let pass since the row began.
  count integer not null,
  -- Of a rate: when the bucket will be full again (GCRA's theoretical arrival time). Of a backoff:
  -- when the next attempt may be made.
  free_at timestamptz not null,
  -- The last attempt that was let pass, so that a statement that is run again does not count it twice.
  attempt uuid not null
);

-- Letters to be sent. Owned by src/auth/Outbox.ts. A row holds no token: the worker makes one when it
-- takes the row, so that nothing here is worth stealing and a token's time begins at its delivery.
create table if not exists outbox (
  id uuid constraint outbox_pkey primary key,
  purpose text not null,
  recipient text collate "C" not null,
  -- Whose token the letter is to have. Null: they have not signed up yet, or it has none, and is sent
  -- even when they are deleted before that.
  user_id uuid constraint outbox_user_id_fkey references users (id) on delete cascade,
  -- Of a sign-up that waits for its mailbox to be proven.
  password_hash text
    constraint outbox_password_hash_phc check (password_hash like '$argon2id$%'),
  -- The user's, when the letter was asked for.
  password_version integer,
  -- When it is to be sent, or sent again if whoever took it has not deleted it.
  due timestamptz not null default now(),
  attempts integer not null default 0,
  -- Who took it last.
  claim uuid,
  created_at timestamptz not null default now()
);

create index if not exists outbox_due_idx on outbox (due);
create index if not exists outbox_user_id_idx on outbox (user_id);
create index if not exists outbox_claim_idx on outbox (claim);

-- What a link in a letter is good for, once. Owned by src/auth/OneTimeTokens.ts.
create table if not exists one_time_tokens (
  -- SHA-256 of the token, which only the letter holds.
  token_digest bytea constraint one_time_tokens_pkey primary key
    constraint one_time_tokens_digest_sha256 check (octet_length(token_digest) = 32),
  purpose text not null constraint one_time_tokens_purpose check (
    purpose in ('verify-email', 'change-email', 'reset-password', 'sign-up', 'keep-email')
  ),
  -- Null: they have not signed up yet.
  user_id uuid constraint one_time_tokens_user_id_fkey references users (id) on delete cascade,
  -- The mailbox that the token proves: a token is no good for another address of the same user.
  email text collate "C" not null,
  password_hash text
    constraint one_time_tokens_password_hash_phc check (password_hash like '$argon2id$%'),
  -- Of the letter. A token to reset the password or to change the address is no good once the
  -- password has been changed since it was asked for. Null: whatever the password is.
  password_version integer,
  -- The letter: one that was sent twice has two tokens, and using one ends both.
  mail_id uuid not null,
  expires timestamptz not null,
  -- Which attempt used it, so that the same attempt finds its use after a lost answer.
  used_by uuid
);

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

create index if not exists one_time_tokens_user_id_idx on one_time_tokens (user_id);
create index if not exists one_time_tokens_mail_id_idx on one_time_tokens (mail_id);

-- For the deletion of those that have expired.
create index if not exists one_time_tokens_expires_idx on one_time_tokens (expires);

-- What an Idempotency-Key came with, of a sign-up that a letter decides: there is a row whether or
-- not the address has an account, so that the answer to another one tells nobody. Owned by
-- src/auth/KeptRequest.ts.
create table if not exists sign_up_requests (
  -- SHA-256 of the key.
  key_digest bytea constraint sign_up_requests_pkey primary key
    constraint sign_up_requests_key_digest_sha256 check (octet_length(key_digest) = 32),
  email text collate "C" not null,
  password_hash text not null
    constraint sign_up_requests_password_hash_phc check (password_hash like '$argon2id$%'),
  -- The letter that it sent: the same request, run again, finds its own row.
  letter_id uuid not null,
  -- Of the letter's link. From this moment on the key is as good as new.
  expires timestamptz not null
);

-- For the deletion of those that have expired.
create index if not exists sign_up_requests_expires_idx on sign_up_requests (expires);
