import type { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as argon2 from "@node-rs/argon2"
import { Effect } from "effect"
import { todaysCost } from "../../src/auth/HashCost.ts"
import type { Question } from "../service/Ask.ts"

/** Two cases that nobody may tell apart by time. */
export interface Pair {
  readonly one: string
  readonly other: string
  readonly status: number
  /** What a case asks the `i`-th time: each time somebody else. */
  readonly question: (isOther: boolean, i: number) => Question
  /** Writes those whom `count` questions of each case are about. */
  readonly prepare: (sql: SqlClient, count: number) => Effect.Effect<unknown, SqlError>
}

const post = (path: string, body: unknown): Question => ({ method: "POST", path, body })

const address = (who: string, i: number) => `${who}.${i}@example.com`

const wrong = "this is not the password"

const signIn = (who: string, i: number) =>
  post("/auth/signin", { email: address(who, i), password: wrong })

/** argon2id as the service has it, or with half of its passes. */
const hashOf = (passes: number) =>
  Effect.promise(() => argon2.hash("this is the password", { ...todaysCost, timeCost: passes }))

const today = hashOf(todaysCost.timeCost)

const users = (
  sql: SqlClient,
  who: string,
  count: number,
  options: { readonly hash?: Effect.Effect<string>; readonly isVerified?: boolean } = {}
) =>
  Effect.flatMap(
    options.hash ?? today,
    (hash) => sql`
      INSERT INTO users (id, email, password_hash, email_verified)
      SELECT gen_random_uuid(), ${who}::text || '.' || i || '@example.com', ${hash},
             CASE WHEN ${options.isVerified ?? true}::bool THEN now() END
      FROM generate_series(0, ${count}::int - 1) i`
  )

/** So many wrong passwords were tried at these addresses that they have to wait for an hour. */
const throttled = (sql: SqlClient, who: string, count: number) => sql`
  INSERT INTO throttles (key, count, free_at, attempt)
  SELECT sha256(convert_to('account:' || ${who}::text || '.' || i || '@example.com', 'UTF8')),
         20, now() + interval '1 hour', gen_random_uuid()
  FROM generate_series(0, ${count}::int - 1) i`

export const pairs: ReadonlyArray<Pair> = [
  {
    one: "unknown address",
    other: "wrong password",
    status: 401,
    question: (isOther, i) => signIn(isOther ? "wrong" : "nobody", i),
    prepare: (sql, count) => users(sql, "wrong", count)
  },
  {
    one: "throttled, unknown",
    other: "throttled, known",
    status: 429,
    question: (isOther, i) => signIn(isOther ? "locked" : "unlocked", i),
    prepare: (sql, count) =>
      Effect.all([
        users(sql, "locked", count),
        throttled(sql, "locked", count),
        throttled(sql, "unlocked", count)
      ])
  },
  {
    one: "wrong password, unverified",
    other: "wrong password, verified",
    status: 401,
    question: (isOther, i) => signIn(isOther ? "verified" : "unverified", i),
    prepare: (sql, count) =>
      Effect.all([
        users(sql, "unverified", count, { isVerified: false }),
        users(sql, "verified", count)
      ])
  },
  {
    one: "wrong password, hash of half the cost",
    other: "wrong password, hash of today's",
    status: 401,
    question: (isOther, i) => signIn(isOther ? "today" : "old", i),
    prepare: (sql, count) =>
      Effect.all([
        users(sql, "old", count, { hash: hashOf(todaysCost.timeCost / 2) }),
        users(sql, "today", count)
      ])
  },
  {
    one: "sign-up, new (verify-first)",
    other: "sign-up, taken (verify-first)",
    status: 202,
    question: (isOther, i) =>
      post("/auth/signup", { email: address(isOther ? "taken" : "new", i), password: wrong }),
    prepare: (sql, count) => users(sql, "taken", count)
  },
  {
    one: "reset, unknown address",
    other: "reset, known address",
    status: 202,
    question: (isOther, i) =>
      post("/auth/password/reset-request", { email: address(isOther ? "member" : "stranger", i) }),
    prepare: (sql, count) => users(sql, "member", count)
  }
]
