import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, FiberRef, Option, Tracer } from "effect"
import type { PoolOf } from "../pool/Pool.ts"
import { InterruptTime } from "./InterruptTime.ts"
import type { PgConnection } from "./PgConnection.ts"
import { type AnyFiber, type Holding, held, leased } from "./PgStatements.ts"
import { type Droppable, droppable } from "./TransactionControl.ts"
import { Turn } from "./Turn.ts"

/**
 * One open transaction or savepoint, in which one statement or one nested transaction runs at a time:
 * a statement beside a savepoint would be undone with it.
 */
export interface TransactionLevel {
  /** Absent for a transaction that was begun by hand, on a connection provided as its own. */
  readonly pool: PoolOf<PgConnection> | undefined
  readonly turn: Turn
  /** Savepoints of the whole transaction so far, so that no name is given twice. */
  readonly savepoints: { count: number }
  readonly nest: () => Nested
}

/** Where something nested runs, once its savepoint is set. */
export interface Nested extends Droppable {
  readonly statements: SqlConnection
  /** Runs SAVEPOINT and its like, in the order of the statements. */
  readonly control: (text: string, phase: "statement" | "rollback") => Control
}

type Control = Effect.Effect<unknown, SqlError>

/** By the connection that statements find in their context. */
const levels = new WeakMap<SqlConnection, TransactionLevel>()

/** Begins the levels of a transaction: the connection for its statements. */
export const outermost = (
  pool: PoolOf<PgConnection>,
  connection: PgConnection,
  holding: Holding
): SqlConnection => {
  const savepoints = { count: 0 }
  const nest = (): Nested => {
    const turn = new Turn()
    const onLevel = { ...holding, level: turn }
    const statements = leased(connection, onLevel)
    levels.set(statements, { pool, turn, savepoints, nest })
    return {
      statements,
      control: (text, phase) => held(connection, onLevel, phase)({ text, isUnprepared: true }),
      ...droppable(connection)
    }
  }
  return nest().statements
}

/** The level of a transaction that was begun by hand. */
const byHand = (statements: SqlConnection): TransactionLevel => {
  const savepoints = { count: 0 }
  const level = (): TransactionLevel => {
    const turn = new Turn()
    return { pool: undefined, turn, savepoints, nest }
  }
  const nest = (): Nested => {
    const own = { ...statements }
    levels.set(own, level())
    return {
      statements: own,
      control: (text) => own.executeUnprepared(text, [], undefined),
      interruptTime: new InterruptTime(),
      drop: Effect.void
    }
  }
  const outer = level()
  levels.set(statements, outer)
  return outer
}

const levelOf = (statements: SqlConnection): TransactionLevel =>
  levels.get(statements) ?? byHand(statements)

/** Runs an effect on a level, at a depth of savepoints. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  statements: SqlConnection,
  depth: number,
  { fiber, span }: { readonly fiber: AnyFiber; readonly span: Tracer.Span }
): Effect.Effect<A, E, R> =>
  Effect.locally(
    effect,
    FiberRef.currentContext,
    fiber.currentContext.pipe(
      Context.add(TransactionConnection, [statements, depth] as const),
      Context.add(Tracer.ParentSpan, span)
    )
  )

/**
 * The level that a context stands in, and its depth. The context has room for one transaction of any
 * client, so one of another pool of ours does not count.
 */
export const current = (
  pool: PoolOf<PgConnection>,
  context: Context.Context<never>
): readonly [TransactionLevel, number] | undefined => {
  const found = Context.getOption(context, TransactionConnection)
  if (Option.isNone(found)) return undefined
  const [statements, depth] = found.value
  const level = levelOf(statements)
  return (level.pool ?? pool) === pool ? [level, depth] : undefined
}

/** The connection for a statement: that of the transaction it stands in, else `outside`. */
export const acquirer = (
  pool: PoolOf<PgConnection>,
  outside: SqlConnection
): Effect.Effect<SqlConnection> =>
  Effect.withFiberRuntime((fiber) => {
    const found = Context.getOption(fiber.currentContext, TransactionConnection)
    if (Option.isNone(found)) return Effect.succeed(outside)
    const [connection] = found.value
    const isOurs = (levels.get(connection)?.pool ?? pool) === pool
    return Effect.succeed(isOurs ? connection : outside)
  })
