import type { Duration, Effect, Exit } from "effect"
import type { LendingPool } from "../../pool/Pool.ts"
import type { AcquireError } from "../../pool/PoolError.ts"
import type { PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import { outside } from "../session/Wire.ts"
import { commitmentOf } from "./Commitment.ts"
import type { ReplayedRun } from "./ReplayedRun.ts"

/** A statement outside of transactions. */
export interface SingleStatement {
  readonly query: Query
  /** From sending it to its answer; absent: it may take any time. */
  readonly limit: Duration.Duration | undefined
  /** The replayed effect of which it is a part. */
  readonly replayed?: ReplayedRun | undefined
}

export type Run = Effect.Effect<Answer, PgError | AcquireError>

/** What is done with what came of a statement. */
export type Then = (exit: Exit.Exit<Answer, PgError>) => Run

/** Sends one on a session that is borrowed for it. Returns what cancels it. */
export const sendAlone = (
  connection: PgConnection,
  { limit, query, replayed }: SingleStatement,
  done: (exit: Exit.Exit<Answer, PgError>) => void
): Effect.Effect<void> => {
  const commitment = commitmentOf({ connection, query, replayed })
  return connection.send(query, outside, commitment?.sending(done) ?? done, limit)
}

/** Runs one on a session of its own. */
export const alone = (
  pool: LendingPool<PgConnection>,
  statement: SingleStatement,
  then: Then
): Run =>
  pool.run<Answer, PgError | AcquireError>((connection, done) =>
    sendAlone(connection, statement, (exit) => done(then(exit)))
  )
