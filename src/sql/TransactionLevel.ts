import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import { Context, Effect, Option, Tracer } from "effect"
import type { PoolOf } from "../pool/Pool.ts"
import type { PgConnection } from "./PgConnection.ts"
import { type Holding, leased } from "./PgStatements.ts"

/**
 * One open transaction or savepoint, in which one statement or one nested transaction runs at a time:
 * a statement beside a savepoint would be undone with it.
 */
export interface TransactionLevel {
  /** Absent for a transaction that was begun by hand, on a connection provided as its own. */
  readonly pool: PoolOf<PgConnection> | undefined
  readonly lock: Effect.Semaphore
  /** Savepoints of the whole transaction so far, so that no name is given twice. */
  readonly savepoints: { count: number }
  /** The connection for what is nested in it. */
  readonly nest: () => SqlConnection
  /** Ends the session that can't be brought back to its savepoint. */
  readonly abandon: Effect.Effect<void>
}

/** By the connection that statements find in their context. */
const levels = new WeakMap<SqlConnection, TransactionLevel>()

const register = (statements: SqlConnection, level: TransactionLevel): SqlConnection => {
  levels.set(statements, level)
  return statements
}

/** Begins the levels of a transaction: the connection for its statements. */
export const outermost = (
  pool: PoolOf<PgConnection>,
  connection: PgConnection,
  holding: Holding
): SqlConnection => {
  const savepoints = { count: 0 }
  const abandon = Effect.sync(() => connection.abandon("its transaction could not be rolled back"))
  const nest = (): SqlConnection => {
    const lock = Effect.unsafeMakeSemaphore(1)
    const statements = leased(connection, { ...holding, lock })
    return register(statements, { pool, lock, savepoints, nest, abandon })
  }
  return nest()
}

/** The level of a transaction that was begun by hand. */
const byHand = (statements: SqlConnection): TransactionLevel => {
  const savepoints = { count: 0 }
  const level = (): TransactionLevel => {
    const lock = Effect.unsafeMakeSemaphore(1)
    return { pool: undefined, lock, savepoints, nest, abandon: Effect.void }
  }
  const nest = (): SqlConnection => register({ ...statements }, level())
  register(statements, level())
  return levelOf(statements)
}

const levelOf = (statements: SqlConnection): TransactionLevel =>
  levels.get(statements) ?? byHand(statements)

/** Runs an effect on a level, at a depth of savepoints. */
export const within = <A, E, R>(
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
 * The level in which the current fiber stands, and its depth. The context has room for one
 * transaction of any client, so one of another pool of ours does not count.
 */
export const current = (
  pool: PoolOf<PgConnection>
): Effect.Effect<Option.Option<readonly [TransactionLevel, number]>> =>
  Effect.map(
    Effect.serviceOption(TransactionConnection),
    Option.flatMap(([statements, depth]) => {
      const level = levelOf(statements)
      return (level.pool ?? pool) === pool ? Option.some([level, depth] as const) : Option.none()
    })
  )

/** The connection for a statement: that of the transaction it stands in, else `outside`. */
export const acquirer = (
  pool: PoolOf<PgConnection>,
  outside: SqlConnection
): Effect.Effect<SqlConnection> =>
  Effect.map(Effect.serviceOption(TransactionConnection), (current) => {
    if (Option.isNone(current)) return outside
    const [connection] = current.value
    return (levels.get(connection)?.pool ?? pool) === pool ? connection : outside
  })
