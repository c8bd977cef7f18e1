import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { type Duration, Effect, Exit, FiberRef, Option, type Tracer } from "effect"
import type { PoolOf } from "../pool/Pool.ts"
import type { Doubt } from "./CommitFate.ts"
import type { CommitResolver } from "./CommitResolver.ts"
import type { PgConnection } from "./PgConnection.ts"
import { fromPool, type PgError, resolved } from "./PgError.ts"
import type { Holding } from "./PgStatements.ts"
import { current as replayedRun } from "./ReplayedRun.ts"
import {
  begin,
  commit,
  doubtOf,
  dropIfInterrupted,
  endedByHand,
  orDrop,
  rollback
} from "./TransactionControl.ts"
import { TransactionId } from "./TransactionId.ts"
import * as TransactionLevel from "./TransactionLevel.ts"
import { start, type TransactionTime } from "./transactionTimeout.ts"

/** What the transactions of one client are made from. */
export interface TransactionOptions {
  readonly pool: PoolOf<PgConnection>
  /** How many stale sessions one BEGIN may use up. */
  readonly replays: number
  /** Absent: a COMMIT that is not answered is `Unknown`, and no statement asks for an id. */
  readonly resolver: CommitResolver | undefined
  /** For transactions whose fiber sets no limit of its own. */
  readonly timeout: Duration.Duration | undefined
}

/** How an attempt at a transaction ended: with the body's exit, and perhaps a COMMIT in doubt. */
interface Attempt<A, E> {
  readonly exit: Exit.Exit<A, E>
  /** It had an id, so it wrote something; or nobody asked whether it had one. */
  readonly mayHaveWritten: boolean
  readonly inDoubt?: { readonly error: PgError; readonly doubt: Doubt }
}

/** Marks the end of the body on the span, under the names of `@effect/sql`. */
const note = (span: Tracer.Span, event: "commit" | "rollback" | "savepoint") =>
  Effect.clockWith((clock) =>
    Effect.sync(() => span.event(`db.transaction.${event}`, clock.unsafeCurrentTimeNanos()))
  )

/** COMMIT; one that was not answered is not yet an error if it can be asked for. */
const committed = <A, E>(
  connection: PgConnection,
  id: TransactionId | undefined,
  exit: Exit.Exit<A, E>
): Effect.Effect<Attempt<A, E>, PgError> =>
  Effect.matchEffect(commit(connection, id), {
    onFailure: (error) => {
      const doubt = doubtOf(connection, id, error)
      return doubt === undefined
        ? Effect.fail(error)
        : Effect.succeed({ exit, mayHaveWritten: true, inDoubt: { error, doubt } })
    },
    onSuccess: () =>
      Effect.succeed({ exit, mayHaveWritten: id === undefined || id.assigned !== undefined })
  })

/** The session was dropped from our side only, so the server may go on holding its locks. */
const freed = (
  resolver: CommitResolver | undefined,
  { about: { server }, isAbandoned }: PgConnection,
  id: TransactionId | undefined
): Effect.Effect<void> =>
  isAbandoned && resolver !== undefined && server !== undefined && id?.assigned !== undefined
    ? resolver.free({ id: id.assigned, server })
    : Effect.void

/** After a failed body, or one whose transaction is not ours any more. */
const undone = (
  { resolver }: TransactionOptions,
  connection: PgConnection,
  id: TransactionId | undefined,
  exit: Exit.Exit<unknown, unknown>
): Effect.Effect<void> =>
  Effect.zipRight(rollback(connection, Exit.isInterrupted(exit)), freed(resolver, connection, id))

/** Where the body of a transaction runs. */
const opened = (
  { pool, resolver }: TransactionOptions,
  connection: PgConnection
): { readonly holding: Holding; readonly statements: SqlConnection } => {
  const isKnown = resolver !== undefined && connection.about.server !== undefined
  const id = isKnown ? new TransactionId() : undefined
  const holding = { inTransaction: true, tenure: { isOver: false, wasEnded: false }, id }
  return { holding, statements: TransactionLevel.outermost(pool, connection, holding) }
}

/** One try on one session. Only what BEGIN and COMMIT say is its error; the body's exit is a value. */
const attempt =
  <A, E, R>(
    options: TransactionOptions,
    time: TransactionTime,
    effect: Effect.Effect<A, E, R>,
    span: Tracer.Span
  ) =>
  (connection: PgConnection): Effect.Effect<Attempt<A, E | PgError>, PgError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        yield* dropIfInterrupted(connection, restore(time.ofControl(begin(connection))))
        const { holding, statements } = opened(options, connection)
        const { id, tenure } = holding
        const body = TransactionLevel.within(effect, statements, 0, span)
        const exit = yield* Effect.exit(restore(time.ofBody(body)))
        tenure.isOver = true
        yield* note(span, Exit.isSuccess(exit) ? "commit" : "rollback")
        if (Exit.isSuccess(exit) && !tenure.wasEnded) {
          const end = time.ofControl(committed(connection, id, exit))
          return yield* dropIfInterrupted(connection, restore(end))
        }
        yield* undone(options, connection, id, exit)
        return tenure.wasEnded ? yield* endedByHand() : { exit, mayHaveWritten: false }
      })
    )

/** Whoever replays must not run this again. */
const noteCommitted = Effect.map(FiberRef.get(replayedRun), (replayed) => {
  if (replayed !== undefined) replayed.hasCommitted = true
})

/** Asks what became of a COMMIT that was not answered, after its session has been given back. */
const settled =
  (resolver: CommitResolver | undefined) =>
  <A, E>({ exit, inDoubt, mayHaveWritten }: Attempt<A, E>): Effect.Effect<A, E | PgError> => {
    const ended = mayHaveWritten ? Effect.zipRight(noteCommitted, exit) : exit
    if (inDoubt === undefined || resolver === undefined) return ended
    const { doubt, error } = inDoubt
    return Effect.flatMap(resolver.resolve(doubt), (fate): Effect.Effect<A, E | PgError> => {
      const { message } = resolved(error, doubt.id.xid, fate)
      return fate === "Committed"
        ? Effect.zipRight(Effect.logInfo(message), ended)
        : Effect.fail(resolved(error, doubt.id.xid, fate))
    })
  }

/**
 * Runs a transaction on one session from the pool. BEGIN is a validation: where it fails with its
 * session nothing has run, so another session is taken, up to `replays` times.
 */
const outermost = <A, E, R>(
  options: TransactionOptions,
  effect: Effect.Effect<A, E, R>,
  span: Tracer.Span
): Effect.Effect<A, E | PgError, R> =>
  Effect.flatMap(start(options.timeout), (time) =>
    options.pool.use(attempt(options, time, effect, span)).pipe(
      Effect.mapError(fromPool),
      Effect.retry({
        times: options.replays,
        while: ({ endsSession, phase, reason }) =>
          phase === "begin" && endsSession && reason._tag !== "TransactionTimeoutError"
      }),
      Effect.flatMap(settled(options.resolver))
    )
  )

/** Runs a transaction inside another, from a savepoint of its own. */
const nested = <A, E, R>(
  [outer, depth]: readonly [TransactionLevel.TransactionLevel, number],
  effect: Effect.Effect<A, E, R>,
  span: Tracer.Span
): Effect.Effect<A, E | SqlError, R> =>
  outer.lock.withPermits(1)(
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const name = `holdfast_${outer.savepoints.count++}`
        const level = outer.nest()
        const body = TransactionLevel.within(effect, level.statements, depth + 1, span)
        yield* restore(level.control(`SAVEPOINT ${name}`, "statement"))
        const exit = yield* Effect.exit(restore(body))
        yield* note(span, Exit.isSuccess(exit) ? "savepoint" : "rollback")
        if (Exit.isSuccess(exit)) {
          yield* restore(level.control(`RELEASE SAVEPOINT ${name}`, "statement"))
        } else {
          const undo = level.control(`ROLLBACK TO SAVEPOINT ${name}`, "rollback")
          yield* orDrop(level, undo, Exit.isInterrupted(exit))
        }
        return yield* exit
      })
    )
  )

/**
 * `SqlClient.withTransaction` over a pool: BEGIN, the effect, and COMMIT if it succeeds, else
 * ROLLBACK. Inside another transaction of the same pool it runs from a savepoint.
 *
 * Every failure of the control statements is a `PgError` in the error channel, never a defect. A
 * COMMIT that was not answered is looked up: if it took effect, the transaction succeeds.
 */
export const withTransaction =
  (options: TransactionOptions, attributes: ReadonlyArray<readonly [string, unknown]>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.useSpan("sql.transaction", { kind: "client", captureStackTrace: false }, (span) => {
      for (const [key, value] of attributes) span.attribute(key, value)
      return Effect.flatMap(
        TransactionLevel.current(options.pool),
        Option.match({
          onNone: (): Effect.Effect<A, E | SqlError, R> => outermost(options, effect, span),
          onSome: (outer) => nested(outer, effect, span)
        })
      )
    })
