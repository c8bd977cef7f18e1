import { SqlClient } from "@effect/sql"
import { expect, layer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Accounts } from "../../src/auth/Accounts.ts"
import { Sessions } from "../../src/auth/Sessions.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { accountsAlone } from "./AccountsAlone.ts"
import { cheapPasswords } from "./CheapPasswords.ts"
import { credentials } from "./Credentials.ts"

// One connection: what it has read is known only once its own backend has told.
const auth = Layer.merge(accountsAlone, Sessions.layer()).pipe(
  Layer.provide(cheapPasswords),
  Layer.provideMerge(TestDatabase.client({ maxConnections: 1 }))
)

const crowd = 20_000

const Scans = Schema.Struct({
  relname: Schema.String,
  seq_scan: Schema.NumberFromString,
  idx_scan: Schema.NumberFromString
})

/** How often each table was read from end to end, and by an index. */
const scans = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`select pg_stat_force_next_flush()`
  const rows = yield* sql`
    select relname, seq_scan::text, idx_scan::text from pg_stat_user_tables
    where relname in ('sessions', 'users')`
  const tables = yield* Schema.decodeUnknown(Schema.Array(Scans))(rows)
  return Object.fromEntries(tables.map(({ relname, ...counts }) => [relname, counts]))
})

/** Users and sessions of others, as many as make an index worth its while. */
const others = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`
    insert into users (id, email, password_hash)
    select gen_random_uuid(), 'crowd.' || n || '@example.com', '$argon2id$' from generate_series(1, ${crowd}) n`
  yield* sql`
    insert into sessions (id, user_id, token_digest, expires, password_version)
    select gen_random_uuid(), id, sha256(id::text::bytea), now() + interval '1 day', password_version
    from users where email like 'crowd.%'`
  yield* sql`analyze users, sessions`
})

layer(auth, { excludeTestServices: true, timeout: "1 minute" })("a session among many", (it) => {
  it.effect("is looked up by two indexes, and no table is read from end to end", () =>
    Effect.gen(function* () {
      const sessions = yield* Sessions
      const accounts = yield* Accounts
      const { sessionToken } = yield* accounts.signUp(credentials("one@example.com"))
      yield* others
      const before = yield* scans
      // More than five: from the sixth run of a prepared statement its plan may be a general one.
      yield* Effect.replicateEffect(sessions.validate(sessionToken), 20)
      const after = yield* scans
      for (const table of ["sessions", "users"]) {
        expect(after[table]?.seq_scan).toBe(before[table]?.seq_scan)
        // More, where the planner has looked at an index as well.
        expect(after[table]?.idx_scan).toBeGreaterThanOrEqual((before[table]?.idx_scan ?? 0) + 20)
      }
    })
  )
})
