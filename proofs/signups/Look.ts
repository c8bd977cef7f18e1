import { Effect, Schedule } from "effect"
import { MemoryMailer } from "../../src/testing/index.ts"
import { ProofDatabase } from "../ProofDatabase.ts"
import type { Findings, Kept } from "./Findings.ts"
import type { Ending } from "./Visitor.ts"

/** A letter whose sender was lost waits for the end of its lease, a minute. */
const patience = Schedule.spaced("250 millis").pipe(Schedule.upTo("150 seconds"))

/** Waits until every letter is sent, and answers how many are not. */
const unsent = Effect.gen(function* () {
  const { direct } = yield* ProofDatabase
  const [row] = yield* direct<{ readonly count: number }>`SELECT count(*)::int FROM outbox`
  return row?.count ?? 0
}).pipe(Effect.repeat({ until: (count) => count === 0, schedule: patience }))

/** What the tables and mailboxes hold when it is over. */
export const lookAt = (endings: ReadonlyArray<Ending>) =>
  Effect.gen(function* () {
    const { direct: sql } = yield* ProofDatabase
    yield* Effect.ignore(unsent)
    const kept = yield* sql<Kept>`
      SELECT email, count(*)::int AS users,
        sum((SELECT count(*) FROM sessions WHERE user_id = users.id))::int AS sessions,
        sum((SELECT count(*) FROM audit_events a
             WHERE a.user_id = users.id AND kind = 'sign-up'))::int AS events
      FROM users GROUP BY email`
    const [stray] = yield* sql<{ readonly count: number }>`
      SELECT count(*)::int FROM audit_events a
      WHERE kind = 'sign-up' AND NOT EXISTS (SELECT FROM users WHERE id = a.user_id)`
    const [left] = yield* sql<{ readonly count: number }>`SELECT count(*)::int FROM outbox`
    const received = yield* Effect.flatMap(MemoryMailer, (mailer) => mailer.received)
    return {
      endings,
      kept,
      strayEvents: stray?.count ?? 0,
      unsent: left?.count ?? 0,
      mails: received.map(({ to }) => to)
    } satisfies Findings
  })
