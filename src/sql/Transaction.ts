import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Duration, Effect, Exit, Option, Tracer } from "effect"
import type { PoolOf } from "../pool/Pool.ts"
import type { Answer, PgConnection } from "./PgConnection.ts"
import { fromCause, fromPool, type PgError } from "./PgError.ts"
import { leased, type Tenure } from "./PgStatements.ts"

/** Where transactions get their sessions, and how many stale ones they may use up for one BEGIN. */
export interface Sessions {
  readonly pool: PoolOf<PgConnection>
  readonly replays: number
}

/** One open transaction or savepoint, in which one nested transaction runs at a time. */
interface Level {
  readonly pool: PoolOf<PgConnection>
  readonly connection: PgConnection
  readonly lock: Effect.Semaphore
  /** Of the whole transaction. */
  readonly tenure: Tenure
  /** Savepoints of the whole transaction so far, so that no name is given twice. */
  readonly savepoints: { count: number }
}

/** By the connection that statements find in their context. */
const levels = new WeakMap<SqlConnection, Level>()

/** How long ROLLBACK may take before the session is dropped, which rolls back as well. */
const rollbackTimeout = Duration.seconds(5)

/** A transaction that failed inside answers COMMIT with the tag ROLLBACK, and without an error. */
const committed = (answer: Answer): Effect.Effect<void, PgError> =>
  "command" in answer && answer.command === "ROLLBACK"
    ? Effect.fail(
        fromCause(new Error("a statement in it had failed, so COMMIT rolled it back"), {
          phase: "commit",
          sent: true,
          inTransaction: true
        })
      )
    : Effect.void

const begin = (connection: PgConnection) =>
  connection.query({ text: "BEGIN" }, { phase: "begin", inTransaction: true })

const commit = (connection: PgConnection) =>
  Effect.flatMap(
    connection.query({ text: "COMMIT" }, { phase: "commit", inTransaction: false }),
    committed
  )

const orDrop = <A, E>(connection: PgConnection, undo: Effect.Effect<A, E>): Effect.Effect<void> =>
  Effect.interruptible(undo).pipe(
    Effect.timeout(rollbackTimeout),
    Effect.catchAll(() =>
      Effect.sync(() => connection.abandon("its transaction could not be rolled back"))
    )
  )

const rollback = (connection: PgConnection) =>
  orDrop(
    connection,
    connection.query({ text: "ROLLBACK" }, { phase: "rollback", inTransaction: true })
  )

/** After an interrupted BEGIN or COMMIT nobody knows whether the session is in a transaction. */
const dropIfInterrupted = <A, E>(connection: PgConnection, control: Effect.Effect<A, E>) =>
  Effect.onInterrupt(control, () =>
    Effect.sync(() => connection.abandon("its transaction was interrupted"))
  )

const openLevel = (outer: Omit<Level, "lock">): SqlConnection => {
  const statements = leased(outer.connection, { inTransaction: true, tenure: outer.tenure })
  levels.set(statements, { ...outer, lock: Effect.unsafeMakeSemaphore(1) })
  return statements
}

const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  statements: SqlConnection,
  depth: number,
  span: Tracer.Span
): Effect.Effect<A, E, R> =>
  Effect.mapInputContext(effect, (context: Context.Context<R>) =>
    context.pipe(
      Context.add(TransactionConnection, [statements, depth] as const),
      Context.add(Tracer.ParentSpan, span)
    )
  )

/**
 * Runs a transaction on one session from the pool. BEGIN is a validation: where it fails with its
 * session nothing has run, so another session is taken, up to `replays` times.
 */
const outermost = <A, E, R>(
  { pool, replays }: Sessions,
  effect: Effect.Effect<A, E, R>,
  span: Tracer.Span
): Effect.Effect<A, E | PgError, R> => {
  // The body's exit travels as a value: only what BEGIN and COMMIT say is an error of the attempt.
  const attempt = pool.use((connection) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        yield* dropIfInterrupted(connection, restore(begin(connection)))
        const tenure = { isOver: false }
        const statements = openLevel({ pool, connection, tenure, savepoints: { count: 0 } })
        const exit = yield* Effect.exit(restore(within(effect, statements, 0, span)))
        tenure.isOver = true
        yield* Exit.isSuccess(exit)
          ? dropIfInterrupted(connection, restore(commit(connection)))
          : rollback(connection)
        return exit
      })
    )
  )
  return attempt.pipe(
    Effect.mapError(fromPool),
    Effect.retry({
      times: replays,
      while: ({ endsSession, phase }) => phase === "begin" && endsSession
    }),
    Effect.flatten
  )
}

/** Runs a transaction inside another, from a savepoint of its own. */
const nested = <A, E, R>(
  outer: Level,
  depth: number,
  effect: Effect.Effect<A, E, R>,
  span: Tracer.Span
): Effect.Effect<A, E | SqlError, R> =>
  outer.lock.withPermits(1)(
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const name = `holdfast_${outer.savepoints.count++}`
        const statements = openLevel(outer)
        const control = (text: string) => statements.executeUnprepared(text, [], undefined)
        yield* restore(control(`SAVEPOINT ${name}`))
        const exit = yield* Effect.exit(restore(within(effect, statements, depth, span)))
        yield* Exit.isSuccess(exit)
          ? restore(control(`RELEASE SAVEPOINT ${name}`))
          : orDrop(outer.connection, control(`ROLLBACK TO SAVEPOINT ${name}`))
        return yield* exit
      })
    )
  )

/**
 * The connection for a statement: that of the transaction it stands in, else `outside`. The context
 * has room for one transaction of any client, so one of another pool of ours does not count.
 */
export const acquirer = (
  pool: PoolOf<PgConnection>,
  outside: SqlConnection
): Effect.Effect<SqlConnection> =>
  Effect.map(Effect.serviceOption(TransactionConnection), (current) => {
    if (Option.isNone(current)) return outside
    const [connection] = current.value
    return (levels.get(connection)?.pool ?? pool) === pool ? connection : outside
  })

/**
 * `SqlClient.withTransaction` over a pool: BEGIN, the effect, and COMMIT if it succeeds, else
 * ROLLBACK. Inside another transaction of the same pool it runs from a savepoint.
 *
 * Every failure of the control statements is a `PgError` in the error channel, never a defect.
 */
export const withTransaction =
  (sessions: Sessions, attributes: ReadonlyArray<readonly [string, unknown]>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    Effect.useSpan("sql.transaction", { kind: "client", captureStackTrace: false }, (span) => {
      for (const [key, value] of attributes) span.attribute(key, value)
      return Effect.flatMap(
        Effect.serviceOption(TransactionConnection),
        (current): Effect.Effect<A, E | SqlError, R> => {
          const level = Option.flatMapNullable(current, ([statements]) => levels.get(statements))
          return Option.isSome(level) &&
            level.value.pool === sessions.pool &&
            Option.isSome(current)
            ? nested(level.value, current.value[1] + 1, effect, span)
            : outermost(sessions, effect, span)
        }
      )
    })
