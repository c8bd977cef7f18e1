import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, Schedule } from "effect"
import { ProofDatabase } from "./ProofDatabase.ts"
import type { SignUp } from "./SignUp.ts"
import type { Truth } from "./Verdict.ts"

const patience = Schedule.exponential("10 millis", 1.5).pipe(Schedule.upTo("30 seconds"))

/** Waits until an application has no session on the server, so that what is there is final. */
const settled = (sql: SqlClient, applicationName: string) =>
  Effect.map(
    sql`SELECT FROM pg_stat_activity WHERE application_name = ${applicationName}`,
    (sessions) => sessions.length === 0
  ).pipe(
    Effect.filterOrFail((areGone) => areGone),
    Effect.retry(patience),
    Effect.orDieWith(() => `sessions of "${applicationName}" did not end within 30 s`)
  )

/** The rows of a sign-up, once none of the sessions of its client is left. */
export const truthOf = ({ userId }: SignUp, applicationName: string) =>
  Effect.gen(function* () {
    const { direct: sql } = yield* ProofDatabase
    yield* settled(sql, applicationName)
    const [truth] = yield* sql<Truth>`
      SELECT (SELECT count(*) FROM users WHERE id = ${userId})::int AS users,
        (SELECT count(*) FROM sessions WHERE user_id = ${userId})::int AS sessions,
        (SELECT count(*) FROM audits WHERE user_id = ${userId})::int AS audits`
    return yield* Effect.orDie(Effect.fromNullable(truth))
  })
