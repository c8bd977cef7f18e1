import { randomUUID } from "node:crypto"
import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import { PgClient } from "../src/sql/index.ts"
import type { Form } from "./Cut.ts"

/** Somebody who signs up, by ids that are made here. */
export interface SignUp {
  readonly userId: string
  readonly sessionId: string
  readonly email: string
}

export const newSignUp: Effect.Effect<SignUp> = Effect.sync(() => {
  const userId = randomUUID()
  return { userId, sessionId: randomUUID(), email: `${userId}@example.com` }
})

/**
 * Only what is written to run twice has unique keys. The others have none, so that a sign-up that
 * ran twice is there twice, and not hidden behind a violation.
 */
export const tables = `
  CREATE TABLE users (id uuid NOT NULL, email text NOT NULL, is_keyed bool NOT NULL DEFAULT false);
  CREATE INDEX ON users (id);
  CREATE UNIQUE INDEX ON users (email) WHERE is_keyed;
  CREATE TABLE sessions (id uuid NOT NULL, user_id uuid NOT NULL, is_keyed bool NOT NULL DEFAULT false);
  CREATE INDEX ON sessions (user_id);
  CREATE UNIQUE INDEX ON sessions (id) WHERE is_keyed;
  CREATE TABLE audits (user_id uuid NOT NULL, event text NOT NULL);
  CREATE INDEX ON audits (user_id);`

/** A way to write a sign-up, and what may be expected of it. */
export interface SignUpForm {
  /** See `Promised`. */
  readonly isResolvable: boolean
  readonly isReplayed: boolean
  /** Runs `begun` each time its work begins. */
  readonly run: (
    sql: SqlClient,
    signUp: SignUp,
    begun: Effect.Effect<void>
  ) => Effect.Effect<void, SqlError>
}

const transaction: SignUpForm["run"] = (sql, { email, sessionId, userId }, begun) =>
  Effect.gen(function* () {
    yield* begun
    yield* sql`INSERT INTO users (id, email) VALUES (${userId}, ${email})`
    yield* sql`INSERT INTO sessions (id, user_id) VALUES (${sessionId}, ${userId})`
    yield* sql`INSERT INTO audits (user_id, event) VALUES (${userId}, 'sign up')`
  }).pipe(sql.withTransaction)

const statement: SignUpForm["run"] = (sql, { email, sessionId, userId }, begun) =>
  Effect.zipRight(
    begun,
    sql`
      WITH u AS (INSERT INTO users (id, email) VALUES (${userId}, ${email}) RETURNING id),
      s AS (INSERT INTO sessions (id, user_id) SELECT ${sessionId}::uuid, id FROM u RETURNING user_id)
      INSERT INTO audits (user_id, event) SELECT user_id, 'sign up' FROM s`
  )

/** Run again, it finds its own rows, and leaves no second trace. */
const repeatable: SignUpForm["run"] = (sql, { email, sessionId, userId }, begun) =>
  Effect.zipRight(
    begun,
    sql`
      WITH u AS (
        INSERT INTO users AS t (id, email, is_keyed) VALUES (${userId}, ${email}, true)
        ON CONFLICT (email) WHERE is_keyed DO UPDATE SET email = excluded.email
        WHERE t.id = excluded.id
        RETURNING t.id, t.xmax = 0 AS is_new),
      s AS (
        INSERT INTO sessions AS t (id, user_id, is_keyed) SELECT ${sessionId}::uuid, id, true FROM u
        ON CONFLICT (id) WHERE is_keyed DO UPDATE SET id = excluded.id
        WHERE t.user_id = excluded.user_id
        RETURNING t.user_id),
      a AS (INSERT INTO audits (user_id, event) SELECT id, 'sign up' FROM u WHERE is_new)
      SELECT user_id FROM s`
  )

export const formOf: Readonly<Record<Form, SignUpForm>> = {
  transaction: { isResolvable: true, isReplayed: false, run: transaction },
  replayedTransaction: {
    isResolvable: true,
    isReplayed: true,
    run: (...signUp) => PgClient.replay(transaction(...signUp))
  },
  statement: { isResolvable: false, isReplayed: false, run: statement },
  replayedStatement: {
    isResolvable: true,
    isReplayed: true,
    run: (...signUp) => PgClient.replay(repeatable(...signUp), { idempotent: true })
  }
}
