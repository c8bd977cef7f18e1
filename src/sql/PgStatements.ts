import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import { Cause, Chunk, Effect, Exit, type Fiber, Option, type Scope, Stream } from "effect"
import type { PoolOf } from "../pool/Pool.ts"
import type { Answer, Query } from "./Exchange.ts"
import { firstWord } from "./FirstWord.ts"
import type { PgConnection } from "./PgConnection.ts"
import { fromCause, fromPool, type PgError, type Phase } from "./PgError.ts"
import { stillStreaming, streamOf } from "./PgStream.ts"
import { noteReplay, current as replayedRun } from "./ReplayedRun.ts"
import type { SessionSettings } from "./SessionSettings.ts"
import { limitOf } from "./statementTimeout.ts"
import type { TransactionId } from "./TransactionId.ts"
import type { Turn } from "./Turn.ts"
import type { Place, Tenure } from "./Wire.ts"

/** Runs one statement. */
export type Run = (query: Query) => Effect.Effect<Answer, PgError>

const rowsOf = (answer: Answer) => ("rows" in answer ? answer.rows : answer.map(({ rows }) => rows))

/** `@effect/sql`'s connection over anything that runs one statement and can lease a session. */
const make = (
  run: Run,
  lease: Effect.Effect<PgConnection, PgError, Scope.Scope>,
  place: Place
): SqlConnection => {
  const rowsOfRun =
    (isUnprepared: boolean): SqlConnection["execute"] =>
    (text, values, transformRows) => {
      const rows = Effect.map(run({ text, values, isUnprepared }), rowsOf)
      return transformRows === undefined ? rows : Effect.map(rows, transformRows)
    }
  return {
    execute: rowsOfRun(false),
    executeUnprepared: rowsOfRun(true),
    executeRaw: (text, values) => run({ text, values }),
    executeValues: (text, values) => Effect.map(run({ text, values, rowMode: "array" }), rowsOf),
    executeStream: (text, values, transformRows) => {
      const rows = streamOf(lease, { text, values }, place)
      return transformRows === undefined
        ? rows
        : Stream.mapChunks(rows, (chunk) => Chunk.unsafeFromArray(transformRows([...chunk])))
    }
  }
}

const tooLate = (place: Place): PgError =>
  fromCause(new Error("the session was given back before this statement was run on it"), {
    ...place,
    sent: false
  })

/** COMMIT and ROLLBACK in all their forms, BEGIN, and what prepares a transaction to be ended apart. */
const endsTransaction = (text: string): boolean => {
  const [word, rest] = firstWord(text)
  if (word === "rollback") return !/^\s*(?:(?:work|transaction)\s+)?to\b/i.test(rest)
  if (word === "prepare") return /^\s*transaction\b/i.test(rest)
  return ["commit", "end", "abort", "begin", "start"].includes(word)
}

const notByHand = (place: Place): PgError =>
  fromCause(
    new Error(
      "withTransaction begins, commits and rolls back by itself: let its effect succeed or fail instead"
    ),
    { ...place, sent: false }
  )

export type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

type Sent = Exit.Exit<Answer, PgError>

/** The session had ended before anything of the statement was sent. */
const isStale = (exit: Sent): exit is Exit.Failure<Answer, PgError> => {
  const error = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
  return Option.isSome(error) && error.value.outcome === "NotSent" && error.value.endsSession
}

/** It was more than a question, as far as the tags of its commands tell. */
const wrote = (answer: Answer): boolean =>
  ("command" in answer ? [answer] : answer).some(
    ({ command }) => command !== "SELECT" && command !== "SHOW"
  )

/** How a session is held. */
export interface Holding {
  readonly inTransaction: boolean
  readonly tenure: Tenure
  /** A savepoint on it holds this for as long as it stands; statements wait for it meanwhile. */
  readonly level?: Turn
  /** Of the transaction, where it is wanted. */
  readonly id?: TransactionId | undefined
}

const placeOf = ({ id, inTransaction, tenure }: Holding, phase: Phase): Place => ({
  phase,
  inTransaction,
  ...(inTransaction ? { id, tenure } : {})
})

/** Why a statement can't be run on a session that is held. */
const refusalOf = (
  { isStreaming }: PgConnection,
  { inTransaction }: Holding,
  place: Place,
  { text }: Query
): PgError | undefined => {
  if (isStreaming) return stillStreaming(place)
  return inTransaction && endsTransaction(text) ? notByHand(place) : undefined
}

/** Runs statements on a session that the caller holds, one at a time. */
export const held = (connection: PgConnection, holding: Holding, phase: Phase): Run => {
  const { level, tenure } = holding
  const { turn } = connection
  const place = placeOf(holding, phase)
  const late = () => Exit.fail(tooLate(place))
  // Never two at the driver: it would queue the second, out of reach of an interrupt.
  const inTurn = (query: Query, isLimited: boolean): Effect.Effect<Answer, PgError> =>
    isLimited
      ? turn.hold(Effect.suspend(() => (tenure.isOver ? late() : connection.query(query, place))))
      : turn.run((done) => {
          if (!tenure.isOver) return connection.send(query, place, done)
          done(late())
          return Effect.void
        })
  return (query) =>
    Effect.withFiberRuntime((fiber) => {
      const refusal = refusalOf(connection, holding, place, query)
      if (refusal !== undefined) return Effect.fail(refusal)
      const run = inTurn(query, connection.limitOf(fiber) !== undefined)
      return level === undefined || level.isFree ? run : level.hold(run)
    })
}

/**
 * A session that the caller holds. A fiber that outlives the tenure finds it closed, rather than in
 * the hands of the next borrower.
 */
export const leased = (connection: PgConnection, holding: Holding): SqlConnection => {
  const place = placeOf(holding, "statement")
  const lease = Effect.suspend(() =>
    holding.tenure.isOver ? Effect.fail(tooLate(place)) : Effect.succeed(connection)
  )
  return make(held(connection, holding, "statement"), lease, place)
}

/**
 * The pool as one connection: each statement borrows a session of its own.
 *
 * A statement that was provably not sent because its session had ended is sent on another one, up
 * to `replays` times: the pool's maximum is enough, since each time uses up one stale session.
 */
export const borrowed = (
  pool: PoolOf<PgConnection>,
  settings: SessionSettings,
  replays: number
): SqlConnection => {
  const place: Place = { phase: "statement", inTransaction: false }
  const once = (
    fiber: AnyFiber,
    query: Query,
    next: (exit: Sent) => Effect.Effect<Answer, PgError>
  ) =>
    limitOf(fiber, settings) === undefined
      ? pool.run<Answer, PgError>((connection, done) =>
          connection.send(query, place, (exit) => done(next(exit)))
        )
      : Effect.flatMap(
          pool.use((connection) => Effect.exit(connection.query(query, place))),
          next
        )
  const attempt = (query: Query, left: number): Effect.Effect<Answer, PgError> =>
    Effect.withFiberRuntime((fiber) => {
      const replayed = fiber.getFiberRef(replayedRun)
      const next = (exit: Sent) => {
        if (replayed !== undefined && Exit.isSuccess(exit)) {
          replayed.hasCommitted ||= wrote(exit.value)
        }
        return left > 0 && isStale(exit) ? again(exit, query, left - 1) : exit
      }
      const run = Effect.mapError(once(fiber, query, next), fromPool)
      return replayed?.after === undefined ? run : Effect.zipRight(noteReplay(pool, replayed), run)
    })
  const again = (exit: Exit.Failure<Answer, PgError>, query: Query, left: number) =>
    Effect.zipRight(pool.note("Replayed", String(Cause.squash(exit.cause))), attempt(query, left))
  return make((query) => attempt(query, replays), Effect.mapError(pool.acquire, fromPool), place)
}
