import { Effect } from "effect"
import { ProofDatabase } from "../ProofDatabase.ts"
import type { Stage } from "./Stage.ts"

/** What is left when everybody has gone home; all of it should be zero. */
export interface Settlement {
  /** Slots that count as lent, callers that count as waiting, connections above the maximum. */
  readonly active: number
  readonly waiting: number
  readonly excess: number
  /** Slots that could not be had when all were asked for at once. */
  readonly missing: number
  /** Sessions that run a statement, and sessions inside a transaction, after the grace. */
  readonly running: number
  readonly open: number
}

/** How long the server has to notice what was cancelled or dropped. */
const grace = "1 second"

const missingSlots = ({ max, pool }: Stage) =>
  Effect.suspend(() => {
    let had = 0
    const slot = Effect.tap(pool.acquire, () =>
      Effect.sync(() => {
        had += 1
      })
    )
    return Effect.replicateEffect(slot, max, { concurrency: "unbounded" }).pipe(
      Effect.scoped,
      Effect.timeout("10 seconds"),
      Effect.ignore,
      Effect.map(() => max - had)
    )
  })

const leftOnServer = (applicationName: string) =>
  Effect.flatMap(
    ProofDatabase,
    ({ direct: sql }) =>
      sql<{ readonly running: number; readonly open: number }>`
      SELECT count(*) FILTER (WHERE state = 'active')::int AS running,
        count(*) FILTER (WHERE state <> 'active' AND xact_start IS NOT NULL)::int AS open
      FROM pg_stat_activity WHERE application_name = ${applicationName}`
  ).pipe(Effect.map(([counts]) => counts ?? { running: 0, open: 0 }))

/** Counts what is left, once nobody asks for anything any more. */
export const settle = (stage: Stage) =>
  Effect.gen(function* () {
    const { active, total, waiting } = yield* stage.pool.stats
    yield* Effect.sleep(grace)
    const left = yield* leftOnServer(stage.applicationName)
    const missing = yield* missingSlots(stage)
    const excess = Math.max(0, total - stage.max)
    return { active, waiting, excess, missing, ...left } satisfies Settlement
  })
