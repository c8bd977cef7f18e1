import type { SqlError } from "@effect/sql/SqlError"
import { Clock, Context, type Duration, Effect, Exit, type Tracer } from "effect"
import type { PoolOf } from "../pool/Pool.ts"
import type { Doubt } from "./CommitFate.ts"
import type { CommitResolver } from "./CommitResolver.ts"
import type { PgConnection } from "./PgConnection.ts"
import { fromPool, type PgError, resolved } from "./PgError.ts"
import type { AnyFiber, Holding } from "./PgStatements.ts"
import { noteReplay, current as replayedRun } from "./ReplayedRun.ts"
import {
  begin,
  commit,
  doubtOf,
  endedByHand,
  orAbandon,
  orDrop,
  rollback
} from "./TransactionControl.ts"
import { TransactionId } from "./TransactionId.ts"
import * as TransactionLevel from "./TransactionLevel.ts"
import { type TransactionTime, timed } from "./transactionTimeout.ts"

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

/** A transaction as it is to be run, on one session after the other until it has begun on one. */
interface Work<A, E, R> {
  readonly options: TransactionOptions
  readonly effect: Effect.Effect<A, E, R>
  readonly fiber: AnyFiber
  readonly span: Tracer.Span
  readonly time: TransactionTime
}

/** Marks the end of the body on the span, under the names of `@effect/sql`. */
const note = (
  { fiber, span }: Pick<Work<unknown, unknown, unknown>, "fiber" | "span">,
  event: "commit" | "rollback" | "savepoint"
): void => {
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  span.event(`db.transaction.${event}`, clock.unsafeCurrentTimeNanos())
}

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
const undone = <A, E>(
  { resolver }: TransactionOptions,
  connection: PgConnection,
  { id, tenure }: Holding,
  exit: Exit.Exit<A, E>
): Effect.Effect<Attempt<A, E>, PgError> =>
  rollback(connection, Exit.isInterrupted(exit)).pipe(
    Effect.zipRight(Effect.suspend(() => freed(resolver, connection, id))),
    Effect.zipRight(
      tenure.wasEnded ? endedByHand() : Effect.succeed({ exit, mayHaveWritten: false })
    )
  )

/** How the session is held for the body of a transaction. */
const holdingOf = (
  { resolver }: TransactionOptions,
  { about: { server } }: PgConnection
): Holding => {
  const isKnown = resolver !== undefined && server !== undefined
  const id = isKnown ? new TransactionId() : undefined
  return { inTransaction: true, tenure: { isOver: false, wasEnded: false }, id }
}

/** One try on one session. Only what BEGIN and COMMIT say is its error; the body's exit is a value. */
const attempt =
  <A, E, R>(work: Work<A, E, R>) =>
  (connection: PgConnection): Effect.Effect<Attempt<A, E | PgError>, PgError, R> =>
    Effect.uninterruptibleMask((restore) => {
      const { effect, options, time } = work
      const body = () => {
        const holding = holdingOf(options, connection)
        const statements = TransactionLevel.outermost(options.pool, connection, holding)
        const within = TransactionLevel.within(effect, statements, 0, work)
        return Effect.flatMap(Effect.exit(restore(time.ofBody(within))), (exit) => {
          holding.tenure.isOver = true
          note(work, Exit.isSuccess(exit) ? "commit" : "rollback")
          return Exit.isSuccess(exit) && !holding.tenure.wasEnded
            ? control(committed(connection, holding.id, exit))
            : undone(options, connection, holding, exit)
        })
      }
      const control = <B>(of: Effect.Effect<B, PgError>) =>
        orAbandon(connection, restore(time.ofControl(of)))
      return Effect.flatMap(control(begin(connection)), body)
    })

/** Asks what became of a COMMIT that was not answered, after its session has been given back. */
const settled =
  ({ fiber, options: { pool, resolver } }: Work<unknown, unknown, unknown>) =>
  <A, E>({ exit, inDoubt, mayHaveWritten }: Attempt<A, E>): Effect.Effect<A, E | PgError> => {
    const ended = Effect.suspend(() => {
      const replayed = fiber.getFiberRef(replayedRun)
      // Whoever replays must not run this again.
      if (replayed !== undefined && mayHaveWritten) replayed.hasCommitted = true
      return exit
    })
    if (inDoubt === undefined || resolver === undefined) return ended
    const { doubt, error } = inDoubt
    return Effect.flatMap(resolver.resolve(doubt), (fate): Effect.Effect<A, E | PgError> => {
      const found = resolved(error, doubt.id.xid, fate)
      const told = pool.note("CommitResolved", found.message)
      return fate === "Committed"
        ? Effect.zipRight(Effect.zipRight(told, Effect.logInfo(found.message)), ended)
        : Effect.zipRight(told, Effect.fail(found))
    })
  }

/**
 * Runs a transaction on one session from the pool. BEGIN is a validation: where it fails with its
 * session nothing has run, so another session is taken, up to `replays` times.
 */
const outermost = <A, E, R>(
  work: Work<A, E, R>,
  replays = work.options.replays
): Effect.Effect<A, E | PgError, R> =>
  Effect.matchEffect(work.options.pool.use(attempt(work)), {
    onFailure: (failure) => {
      const error = fromPool(failure)
      const { endsSession, message, phase, reason } = error
      const hasNotBegun = phase === "begin" && endsSession
      return hasNotBegun && reason._tag !== "TransactionTimeoutError" && replays > 0
        ? Effect.zipRight(work.options.pool.note("Replayed", message), outermost(work, replays - 1))
        : Effect.fail(error)
    },
    onSuccess: settled(work)
  })

/** Runs a transaction inside another, from a savepoint of its own. */
const nested = <A, E, R>(
  [outer, depth]: readonly [TransactionLevel.TransactionLevel, number],
  work: Omit<Work<A, E, R>, "time">
): Effect.Effect<A, E | SqlError, R> =>
  outer.turn.hold(
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const name = `holdfast_${outer.savepoints.count++}`
        const level = outer.nest()
        const body = TransactionLevel.within(work.effect, level.statements, depth + 1, work)
        yield* restore(level.control(`SAVEPOINT ${name}`, "statement"))
        const exit = yield* Effect.exit(restore(body))
        note(work, Exit.isSuccess(exit) ? "savepoint" : "rollback")
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
    Effect.useSpan("sql.transaction", { kind: "client", captureStackTrace: false }, (span) =>
      Effect.withFiberRuntime((fiber) => {
        for (const [key, value] of attributes) span.attribute(key, value)
        const outer = TransactionLevel.current(options.pool, fiber.currentContext)
        if (outer !== undefined) return nested(outer, { options, effect, fiber, span })
        const run = timed(fiber, options.timeout, (time) =>
          outermost({ options, effect, fiber, span, time })
        )
        const replayed = fiber.getFiberRef(replayedRun)
        return replayed?.after === undefined
          ? run
          : Effect.zipRight(noteReplay(options.pool, replayed), run)
      })
    )
