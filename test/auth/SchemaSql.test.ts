import { readFileSync } from "node:fs"
import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Arbitrary, Effect, Either, FastCheck, Layer } from "effect"
import { CanonicalEmail, normaliseEmail } from "../../src/auth/Email.ts"
import { PgError } from "../../src/sql/failure/PgError.ts"
import { PgClient } from "../../src/sql/index.ts"
import { ensureSchema } from "../support/ensureSchema.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

const schema = readFileSync(new URL("../../schema.sql", import.meta.url), "utf8")

const id = "00000000-0000-4000-8000-000000000001"

const hash = "$argon2id$v=19$m=19456,t=2,p=1$salt$tag"

const violated = (error: unknown) =>
  error instanceof PgError ? error.reason.constraint : `no PgError: ${String(error)}`

layer(TestDatabase.layer, { excludeTestServices: true, timeout: "1 minute" })(
  "schema.sql",
  (it) => {
    it.effect("can be run again, and keeps what is there", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`insert into users (id, email, password_hash) values (${id}, 'kept@example.com', ${hash})`
        yield* sql.unsafe(schema)
        expect(yield* sql`select email from users where id = ${id}`).toEqual([
          { email: "kept@example.com" }
        ])
      })
    )

    it.effect("takes every address that normalisation lets pass", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const generated = FastCheck.sample(Arbitrary.make(CanonicalEmail), {
          numRuns: 300,
          seed: 1
        })
        const extremes = [
          "!#$%&'*+/=?^_`{|}~-.z@a.b.co",
          `${"a".repeat(64)}@${"b".repeat(63)}.com`,
          "info@bücher.example"
        ].map((text) => Either.getOrThrow(normaliseEmail(text)))
        const addresses = [...new Set([...generated, ...extremes])]
        const inserted = yield* sql`
          insert into users (id, email, password_hash)
          select gen_random_uuid(), unnest(${addresses}::text[]), ${hash} returning id`
        expect(inserted).toHaveLength(addresses.length)
      })
    )

    it.effect.each([
      "Upper@example.com",
      "a b@example.com",
      "a@b",
      "a,b@example.com",
      "ı@example.com"
    ])("refuses an address that is not canonical: %s", (email) =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const insert = sql`
            insert into users (id, email, password_hash)
            values (gen_random_uuid(), ${email}, ${hash})`
        expect(violated(yield* Effect.flip(insert))).toBe("users_email_canonical")
      })
    )

    it.effect("refuses a password that was not hashed, and a token that was not digested", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const plain = sql`
          insert into users (id, email, password_hash)
          values (gen_random_uuid(), 'plain@example.com', 'TestPass123')`
        expect(violated(yield* Effect.flip(plain))).toBe("users_password_hash_phc")
        const undigested = sql`
          insert into sessions (id, user_id, token_digest, expires)
          values (gen_random_uuid(), ${id}, 'token', now())`
        expect(violated(yield* Effect.flip(undigested))).toBe("sessions_token_digest_sha256")
      })
    )
  }
)

/** The tables as they were before there were migrations. */
const before = `
  create table users (
    id uuid constraint users_pkey primary key,
    email text collate "C" not null constraint users_email_key unique,
    email_verified timestamptz,
    password_hash text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
  );
  create table sessions (
    id uuid constraint sessions_pkey primary key,
    user_id uuid not null references users (id) on delete cascade,
    token_digest bytea not null constraint sessions_token_digest_key unique,
    expires timestamptz not null
  )`

const upgraded = Layer.unwrapEffect(
  Effect.map(TestDatabase, ({ url }) =>
    PgClient.layer({
      url,
      initialize: (connection) =>
        Effect.zipRight(
          connection.executeUnprepared(
            `${before}; insert into users (id, email, password_hash)
              values ('${id}', 'old@example.com', '${hash}');
             insert into sessions values
              (gen_random_uuid(), '${id}', sha256('old token'), now() + interval '1 hour')`,
            [],
            undefined
          ),
          ensureSchema(schema)(connection)
        ),
      maxConnections: 1
    })
  )
).pipe(Layer.provideMerge(TestDatabase.address))

layer(upgraded, { excludeTestServices: true, timeout: "1 minute" })(
  "tables from before there were migrations",
  (it) => {
    it.effect("get the new columns at the first start, and keep their users and sessions", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql`
          select u.email, u.password_version, u.signup_key_digest, s.password_version as version,
                 s.last_seen <= now() as is_seen, s.user_agent
          from users u join sessions s on s.user_id = u.id`
        expect(rows).toEqual([
          {
            email: "old@example.com",
            password_version: 0,
            signup_key_digest: null,
            version: 0,
            is_seen: true,
            user_agent: null
          }
        ])
      })
    )
  }
)
