import type { Migration } from "../../sql/schema/SchemaState.ts"

/** So that a sign-up that waits for its letter is compared with another that has its key. */
export const signUpRequests: Migration = {
  id: 4,
  name: "sign_up_requests",
  script: `
create table if not exists sign_up_requests (
  key_digest bytea constraint sign_up_requests_pkey primary key
    constraint sign_up_requests_key_digest_sha256 check (octet_length(key_digest) = 32),
  email text collate "C" not null,
  password_hash text not null
    constraint sign_up_requests_password_hash_phc check (password_hash like '$argon2id$%'),
  letter_id uuid not null,
  expires timestamptz not null
);
create index if not exists sign_up_requests_expires_idx on sign_up_requests (expires);
`
}
