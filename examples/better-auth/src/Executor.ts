import { SqlClient } from "@effect/sql/SqlClient"
import { Cause, Data, Effect, Exit, type ManagedRuntime, Option, Runtime } from "effect"
import { PgClient, PgError } from "holdfast"
import type { Statement } from "./Statements.ts"

/** How better-auth, which speaks promises, has statements run. A promise rejects with the failure. */
export interface Executor {
  /** Runs what only reads. It is run again after any failure that may pass. */
  readonly read: <A>(statement: Statement<A>) => Promise<A>
  /**
   * Runs a change, in a transaction of its own: so it is known what became of it, and it is run again
   * if it has left no trace.
   */
  readonly write: <A>(statement: Statement<A>) => Promise<A>
  /**
   * Runs what `work` does with the executor it is given in one transaction, which is rolled back when
   * it rejects. `work` is called again if the transaction was lost and has left no trace.
   */
  readonly transaction: <A>(work: (inside: Executor) => Promise<A>) => Promise<A>
}

/** What better-auth's work within a transaction has rejected with: anything. */
class WorkRejected extends Data.TaggedError("WorkRejected")<{ readonly reason: unknown }> {}

type Run = <A, E>(effect: Effect.Effect<A, E, SqlClient>) => Promise<Exit.Exit<A, unknown>>

const settled = <A>(exit: Promise<Exit.Exit<A, unknown>>): Promise<A> =>
  exit.then(
    Exit.match({
      onSuccess: (value) => value,
      onFailure: (cause) => {
        const error = Cause.squash(cause)
        throw error instanceof WorkRejected ? error.reason : error
      }
    })
  )

const inTransaction = <A, E>(body: Effect.Effect<A, E, SqlClient>) =>
  Effect.flatMap(SqlClient, (sql) => sql.withTransaction(body))

/** The work as an effect within a transaction that has begun. */
const within = <A>(work: (inside: Executor) => Promise<A>) =>
  Effect.flatMap(Effect.runtime<SqlClient>(), (runtime) => {
    // better-auth turns what a statement fails with into an error of its own, which hides that the
    // transaction is worth another run.
    let lost: PgError | undefined
    const noticed: Run = (effect) =>
      Runtime.runPromiseExit(runtime)(
        Effect.tapError(effect, (error) =>
          Effect.sync(() => {
            lost ??= Option.getOrUndefined(
              Option.filter(PgError.of(error), (failure) => failure.isSafeToReplay)
            )
          })
        )
      )
    return Effect.tryPromise({
      try: () => work(executorInside(noticed)),
      catch: (reason) => lost ?? new WorkRejected({ reason })
    })
  })

/** Within a transaction nothing is run again by itself, and a transaction is a savepoint. */
const executorInside = (run: Run): Executor => ({
  read: (statement) => settled(run(statement)),
  write: (statement) => settled(run(statement)),
  transaction: (work) => settled(run(inTransaction(within(work))))
})

/** Runs statements on the client of a runtime, which stays the caller's to dispose of. */
export const executorOn = <E>(database: ManagedRuntime.ManagedRuntime<SqlClient, E>): Executor => {
  const run: Run = (effect) => database.runPromiseExit(effect)
  return {
    read: (statement) => settled(run(PgClient.replay(statement, { idempotent: true }))),
    write: (statement) => settled(run(PgClient.replay(inTransaction(statement)))),
    transaction: (work) => settled(run(PgClient.replay(inTransaction(within(work)))))
  }
}
