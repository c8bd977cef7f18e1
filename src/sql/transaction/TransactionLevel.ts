import { TransactionConnection } from "@effect/sql/SqlClient"
import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Context, Effect, FiberRef, Option, type Scope, Tracer } from "effect"
import type { LendingPool } from "../../pool/Pool.ts"
import { locally } from "../../runtime/locally.ts"
import type { AnyFiber } from "../../runtime/Traced.ts"
import type { PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import { InterruptTime } from "../session/InterruptTime.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import type { Place } from "../session/Wire.ts"
import { stillStreaming } from "../statement/PgStream.ts"
import { claimed, HeldStatements } from "./HeldSession.ts"
import { Mutex } from "./Mutex.ts"
import { type Droppable, droppable } from "./TransactionControl.ts"
import type { TransactionSession } from "./TransactionSession.ts"

/**
 * One open transaction or savepoint, in which one statement or one nested transaction runs at a time:
 * a statement beside a savepoint would be undone with it.
 */
export interface TransactionLevel extends Droppable {
  /** Absent for a transaction that was begun by hand, on a connection provided as its own. */
  readonly pool: LendingPool<PgConnection> | undefined
  /** What statements find in their context. */
  readonly statements: SqlConnection
  /** Held by what is nested in it. */
  readonly nesting: Mutex
  /** Why nothing can be nested in it for now: who is told does not wait for a stream of its own. */
  readonly refusal: PgError | undefined
  /** Savepoints of the whole transaction so far, so that no name is given twice. */
  readonly savepoints: { count: number }
  readonly nest: () => TransactionLevel
  /** Runs SAVEPOINT and its like, in the order of the statements. */
  readonly control: (text: string, phase: "statement" | "rollback") => Control
}

type Control = Effect.Effect<unknown, SqlError>

/** A level of a transaction of our own. */
class SessionLevel extends HeldStatements<TransactionSession> implements TransactionLevel {
  readonly nesting = new Mutex()
  /** A stream of its own has all of it, or is about to. */
  isClaimed = false
  readonly savepoints: { count: number }

  constructor(session: TransactionSession, savepoints = { count: 0 }) {
    super(session)
    this.savepoints = savepoints
  }

  get pool() {
    return this.session.source.pool
  }

  get statements() {
    return this
  }

  get interruptTime() {
    return this.session.connection.interruptTime
  }

  get drop() {
    return droppable(this.session.connection).drop
  }

  nest() {
    return new SessionLevel(this.session, this.savepoints)
  }

  control(text: string, phase: "statement" | "rollback") {
    return this.inside({ text, isUnprepared: true }, { ...this.place, phase })
  }

  get refusal() {
    return this.isClaimed ? stillStreaming(this.place) : undefined
  }

  protected override run(query: Query) {
    return this.inside(query, this.place)
  }

  /** A stream has its turn among what is nested: what it writes would be undone with that. */
  protected override lease(query: Query): Effect.Effect<PgConnection, PgError, Scope.Scope> {
    return Effect.suspend(() => {
      if (this.isClaimed) return Effect.fail(stillStreaming(this.place))
      return claimed(this).pipe(
        Effect.zipRight(this.nesting.held),
        Effect.zipRight(this.session.whole(query))
      )
    })
  }

  private inside(query: Query, place: Place): Effect.Effect<Answer, PgError> {
    return this.session.run(query, place, () => this.detour(query, place))
  }

  /** Where nothing is nested in it, a statement's turn among the others is enough. */
  private detour(query: Query, place: Place): Effect.Effect<Answer, PgError> | undefined {
    if (this.isClaimed) return Effect.fail(stillStreaming(place))
    return this.nesting.isFree ? undefined : this.nesting.hold(this.session.run(query, place))
  }
}

/** The level of a transaction as a whole. */
export const outermost = (session: TransactionSession): TransactionLevel =>
  new SessionLevel(session)

/** By the connection that statements find in their context. */
const byHands = new WeakMap<SqlConnection, TransactionLevel>()

/** A level of a transaction that was begun by hand. */
const byHand = (statements: SqlConnection, savepoints = { count: 0 }): TransactionLevel => {
  const level: TransactionLevel = {
    pool: undefined,
    statements,
    nesting: new Mutex(),
    refusal: undefined,
    savepoints,
    nest: () => byHand(Object.create(statements), savepoints),
    control: (text) => statements.executeUnprepared(text, [], undefined),
    interruptTime: new InterruptTime(),
    drop: Effect.void
  }
  byHands.set(statements, level)
  return level
}

const levelOf = (statements: SqlConnection): TransactionLevel =>
  statements instanceof SessionLevel ? statements : (byHands.get(statements) ?? byHand(statements))

/** Runs an effect on a level, at a depth of savepoints. */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  { statements }: TransactionLevel,
  depth: number,
  { fiber, span }: { readonly fiber: AnyFiber; readonly span: Tracer.Span | undefined }
): Effect.Effect<A, E, R> => {
  const transaction = [statements, depth] as const
  const inside = Context.add(fiber.currentContext, TransactionConnection, transaction)
  const context = span === undefined ? inside : Context.add(inside, Tracer.ParentSpan, span)
  return locally(effect, FiberRef.currentContext, context)
}

/**
 * The level that a context stands in, and its depth. The context has room for one transaction of any
 * client, so one of another pool of ours does not count.
 */
export const current = (
  pool: LendingPool<PgConnection>,
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
  pool: LendingPool<PgConnection>,
  outside: SqlConnection
): Effect.Effect<SqlConnection> =>
  Effect.withFiberRuntime((fiber) => {
    const found = Context.getOption(fiber.currentContext, TransactionConnection)
    if (Option.isNone(found)) return Effect.succeed(outside)
    const [statements] = found.value
    const isOthers = statements instanceof SessionLevel && statements.pool !== pool
    return Effect.succeed(isOthers ? outside : statements)
  })
