import type { SqlError } from "@effect/sql/SqlError"
import { Cause, Clock, Context, type Duration, Effect, Exit, Option, type Tracer } from "effect"
import type { LendingPool, Restore } from "../../pool/Pool.ts"
import { type AnyFiber, isTraced } from "../../runtime/Traced.ts"
import { isUndone, PgError, resolved } from "../failure/PgError.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import { Commitment } from "../statement/Commitment.ts"
import { noteCommit } from "../statement/Recovery.ts"
import { noteFirst, current as replayedRun } from "../statement/ReplayedRun.ts"
import type { Doubt } from "./CommitFate.ts"
import type { CommitResolver } from "./CommitResolver.ts"
import { commit, doubtOf, endedByHand, orAbandon, orDrop, rollback } from "./TransactionControl.ts"
import * as TransactionLevel from "./TransactionLevel.ts"
import { TransactionSession } from "./TransactionSession.ts"
import { type TransactionTime, timed } from "./transactionTimeout.ts"

/** What the transactions of one client are made from. */
export interface TransactionOptions {
  readonly pool: LendingPool<PgConnection>
  /** How many stale sessions one transaction may use up before it has begun. */
  readonly replays: number
  /** Absent: a COMMIT that is not answered is `Unknown`, and no statement asks for an id. */
  readonly resolver: CommitResolver | undefined
  /** For transactions whose fiber sets no limit of its own. */
  readonly timeout: Duration.Duration | undefined
}

/** A transaction as it is to be run. */
interface Work<A, E, R> {
  readonly options: TransactionOptions
  readonly effect: Effect.Effect<A, E, R>
  readonly fiber: AnyFiber
  /** Absent where nobody sees it. */
  readonly span: Tracer.Span | undefined
}

/** A COMMIT that was not answered, and what counts it for whoever replays it. */
interface InDoubt {
  readonly error: PgError
  readonly doubt: Doubt
  readonly commitment: Commitment | undefined
}

/** How a transaction ended on its session: with the body's exit, and perhaps a COMMIT in doubt. */
interface Ended<A, E> {
  readonly exit: Exit.Exit<A, E>
  readonly inDoubt?: InDoubt
}

/** Marks the end of the body on the span, under the names of `@effect/sql`. */
const note = (
  { fiber, span }: Pick<Work<unknown, unknown, unknown>, "fiber" | "span">,
  event: "commit" | "rollback" | "savepoint"
): void => {
  if (span === undefined) return
  const clock = Context.get(fiber.currentDefaultServices, Clock.Clock)
  span.event(`db.transaction.${event}`, clock.unsafeCurrentTimeNanos())
}

/** COMMIT; one that was not answered is not yet an error if it can be asked for. */
const committed = <A, E>(
  session: TransactionSession,
  exit: Exit.Exit<A, E>
): Effect.Effect<Ended<A, E>, PgError> => {
  const { connection, hasBegun, hasTried, id } = session
  // Otherwise it has failed where it was to begin, and whoever caught that must hear of it again.
  if (!hasBegun && (!hasTried || connection.isUsable())) {
    return Effect.succeed({ exit })
  }
  return Effect.matchEffect(commit(session), {
    onFailure: (error) => {
      const doubt = doubtOf(connection, id, error)
      return doubt === undefined
        ? Effect.fail(error)
        : Effect.succeed({ exit, inDoubt: { error, doubt, commitment: session.commitment } })
    },
    onSuccess: () => Effect.succeed({ exit })
  })
}

/** The session was dropped from our side only, so the server may go on holding its locks. */
const freed = (
  resolver: CommitResolver | undefined,
  { connection: { about, end }, id }: TransactionSession
): Effect.Effect<void> =>
  end.isAbandoned &&
  resolver !== undefined &&
  about.server !== undefined &&
  id?.assigned !== undefined
    ? resolver.free({ id: id.assigned, server: about.server })
    : Effect.void

/** By succeeding it leaves that to COMMIT, which could not be sent any more. */
const saysNothingStays = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.match(exit, {
    onSuccess: () => true,
    onFailure: (cause) =>
      Option.exists(Option.flatMap(Cause.failureOption(cause), PgError.of), isUndone)
  })

/** After a failed body, or one whose transaction is not ours any more. */
const undone = <A, E>(
  { fiber, options: { resolver } }: Pick<Work<unknown, unknown, unknown>, "fiber" | "options">,
  session: TransactionSession,
  exit: Exit.Exit<A, E>
): Effect.Effect<Ended<A, E>, PgError> => {
  const replayed = fiber.getFiberRef(replayedRun)
  if (replayed !== undefined && session.mayBeEnded) new Commitment(replayed).made()
  return rollback(session.connection, Exit.isInterrupted(exit)).pipe(
    Effect.zipRight(Effect.suspend(() => freed(resolver, session))),
    Effect.zipRight(
      Effect.suspend(() =>
        session.wasEnded || (session.mayBeEnded && saysNothingStays(exit))
          ? endedByHand()
          : Effect.succeed({ exit })
      )
    )
  )
}

/** One step more where it can be interrupted: an interrupt in the body's last step is heard before COMMIT. */
const heard = <A, E, R>(body: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.zipLeft(body, Effect.void)

/** From the first statement to the end. Only what COMMIT says is its error; the body's exit a value. */
const onSession =
  <A, E, R>(work: Work<A, E, R>, time: TransactionTime) =>
  (
    session: TransactionSession,
    restore: Restore
  ): Effect.Effect<Ended<A, E | PgError>, PgError, R> => {
    const level = TransactionLevel.outermost(session)
    const body = restore(heard(time.ofBody(work.effect, session)))
    const ended = Effect.exit(TransactionLevel.within(body, level, 0, work))
    return Effect.flatMap(ended, (exit) => {
      session.isOver = true
      note(work, Exit.isSuccess(exit) ? "commit" : "rollback")
      return Exit.isSuccess(exit) && !session.mayBeEnded
        ? orAbandon(session.connection, restore(time.ofCommit(committed(session, exit))))
        : undone(work, session, exit)
    })
  }

/** Asks what became of a COMMIT that was not answered, after its session has been given back. */
const settled =
  ({ pool, resolver }: TransactionOptions) =>
  <A, E>({ exit, inDoubt }: Ended<A, E>): Effect.Effect<A, E | PgError> => {
    if (inDoubt === undefined || resolver === undefined) return exit
    const { commitment, doubt, error } = inDoubt
    return Effect.flatMap(resolver.resolve(doubt), (fate): Effect.Effect<A, E | PgError> => {
      const found = resolved(error, doubt.id.xid, fate)
      const told = noteCommit(pool, fate, found.message)
      if (fate === "RolledBack") commitment?.undone()
      return fate === "Committed"
        ? Effect.zipRight(Effect.zipRight(told, Effect.logInfo(found.message)), exit)
        : Effect.zipRight(told, Effect.fail(found))
    })
  }

/** Runs a transaction on one session from the pool. */
const outermost = <A, E, R>(work: Work<A, E, R>): Effect.Effect<A, E | PgError, R> => {
  const { fiber, options } = work
  const { pool, replays, resolver, timeout } = options
  const source = { pool, replays, asksForIds: resolver !== undefined }
  const ended = TransactionSession.use(source, (session, restore) =>
    timed(fiber, timeout, (time) => onSession(work, time)(session, restore))
  )
  return Effect.flatMap(ended, settled(options))
}

/** The same; a run after another one, of who replays, tells of it. */
const told = <A, E, R>(work: Work<A, E, R>): Effect.Effect<A, E | PgError, R> => {
  const replayed = work.fiber.getFiberRef(replayedRun)
  return replayed?.after === undefined
    ? outermost(work)
    : Effect.zipRight(noteFirst(work.options.pool, replayed), outermost(work))
}

/** Runs a transaction inside another, from a savepoint of its own. */
const nested = <A, E, R>(
  [outer, depth]: readonly [TransactionLevel.TransactionLevel, number],
  work: Work<A, E, R>
): Effect.Effect<A, E | SqlError, R> => {
  if (outer.refusal !== undefined) return Effect.fail(outer.refusal)
  return outer.nesting.hold(
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const name = `holdfast_${outer.savepoints.count++}`
        const level = outer.nest()
        const body = TransactionLevel.within(restore(heard(work.effect)), level, depth + 1, work)
        yield* restore(level.control(`SAVEPOINT ${name}`, "statement"))
        const exit = yield* Effect.exit(body)
        note(work, Exit.isSuccess(exit) ? "savepoint" : "rollback")
        const undo = (isInterrupted: boolean) =>
          orDrop(level, level.control(`ROLLBACK TO SAVEPOINT ${name}`, "rollback"), isInterrupted)
        const release = level.control(`RELEASE SAVEPOINT ${name}`, "statement")
        yield* Exit.isSuccess(exit)
          ? // Whoever was told that it failed, or gave it up, may go on, and must not commit it with the rest.
            Effect.tapErrorCause(restore(release), (cause) => undo(Cause.isInterrupted(cause)))
          : undo(Exit.isInterrupted(exit))
        return yield* exit
      })
    )
  )
}

/** Runs a transaction where it stands: inside another one, or by itself. */
const placed = <A, E, R>(work: Work<A, E, R>): Effect.Effect<A, E | SqlError, R> => {
  const { fiber, options, span } = work
  const outer = TransactionLevel.current(options.pool, fiber.currentContext)
  if (outer !== undefined) return nested(outer, work)
  return span === undefined ? told(work) : Effect.withParentSpan(told(work), span)
}

/**
 * `SqlClient.withTransaction` over a pool: BEGIN, the effect, and COMMIT if it succeeds, else
 * ROLLBACK. Inside another transaction of the same pool it runs from a savepoint.
 *
 * BEGIN is sent together with the first statement: what does not use its session sends nothing. If
 * that session turns out to have ended, both are sent on another one, up to `replays` times: what no
 * rollback takes back, such as a number drawn from a sequence, that statement may have done twice.
 *
 * Every failure of the control statements is a `PgError` in the error channel, never a defect. A
 * COMMIT that was not answered is looked up: if it took effect, the transaction succeeds.
 */
export const withTransaction =
  (options: TransactionOptions, attributes: ReadonlyArray<readonly [string, unknown]>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    // A span costs as much as a statement's part in this client.
    Effect.withFiberRuntime((fiber) =>
      isTraced(fiber)
        ? Effect.useSpan(
            "sql.transaction",
            { kind: "client", captureStackTrace: false },
            (span) => {
              for (const [key, value] of attributes) span.attribute(key, value)
              return placed({ options, effect, fiber, span })
            }
          )
        : placed({ options, effect, fiber, span: undefined })
    )
