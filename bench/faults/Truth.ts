import type { SqlError } from "@effect/sql/SqlError"
import { Effect, Schedule } from "effect"
import { visitor } from "../../proofs/ProofDatabase.ts"
import type { Stage } from "./Stage.ts"

/** How many rows of one sign-up there are. */
export interface Rows {
  readonly accounts: number
  readonly sessions: number
}

/** The rows of every sign-up of which there are any, by its account. */
export type Truth = ReadonlyMap<string, Rows>

interface Count {
  readonly account: string
  readonly count: number
}

/** Waits for the server to notice that nobody is there any more, and makes it so. */
const settled = ({ database }: Stage) =>
  database.direct`
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${visitor}`.pipe(
    Effect.repeat({ until: (rows) => rows.length === 0, schedule: Schedule.spaced("50 millis") })
  )

/** Looks at the tables past every contestant, once none of their sessions is left. */
export const readTruth = (stage: Stage): Effect.Effect<Truth, SqlError> =>
  Effect.gen(function* () {
    const sql = stage.database.direct
    yield* settled(stage)
    const accounts = yield* sql<Count>`
      SELECT id AS account, count(*)::int FROM accounts GROUP BY id`
    const sessions = yield* sql<Count>`
      SELECT account_id AS account, count(*)::int FROM sessions GROUP BY account_id`
    const sessionsOf = new Map(sessions.map(({ account, count }) => [account, count]))
    const accountsOf = new Map(accounts.map(({ account, count }) => [account, count]))
    const all = new Set([...accountsOf.keys(), ...sessionsOf.keys()])
    return new Map(
      [...all].map((account) => [
        account,
        { accounts: accountsOf.get(account) ?? 0, sessions: sessionsOf.get(account) ?? 0 }
      ])
    )
  })
