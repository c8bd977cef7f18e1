import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import { Cause, Chunk, Duration, Effect, Exit, Option, type Scope, Stream } from "effect"
import type { LendingPool } from "../../pool/Pool.ts"
import type { AcquireError } from "../../pool/PoolError.ts"
import { fromPool, type PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import type { SessionSettings } from "../session/SessionSettings.ts"
import { limitOf } from "../session/statementTimeout.ts"
import { outside, type Place } from "../session/Wire.ts"
import { alone, type SingleStatement } from "./alone.ts"
import { streamOf } from "./PgStream.ts"
import type { Pipelines } from "./Pipelines.ts"
import { noteReplay } from "./Recovery.ts"
import { noteFirst, current as replayedRun } from "./ReplayedRun.ts"

type Transform = Parameters<SqlConnection["execute"]>[2]

const rowsOf = (answer: Answer) => ("rows" in answer ? answer.rows : answer.map(({ rows }) => rows))

/** `@effect/sql`'s connection over anything that runs one statement and can lease a session. */
export abstract class PgStatements implements SqlConnection {
  protected abstract run(query: Query): Effect.Effect<Answer, PgError>

  /** A session for the stream of a statement, which nothing else runs on until the scope closes. */
  protected abstract lease(query: Query): Effect.Effect<PgConnection, PgError, Scope.Scope>

  protected abstract readonly place: Place

  execute(text: string, values: ReadonlyArray<unknown>, transform: Transform) {
    return this.rows({ text, values }, transform)
  }

  executeUnprepared(text: string, values: ReadonlyArray<unknown>, transform: Transform) {
    return this.rows({ text, values, isUnprepared: true }, transform)
  }

  executeRaw(text: string, values: ReadonlyArray<unknown>) {
    return this.run({ text, values })
  }

  executeValues(text: string, values: ReadonlyArray<unknown>) {
    return this.rows({ text, values, rowMode: "array" }, undefined)
  }

  executeStream(text: string, values: ReadonlyArray<unknown>, transform: Transform) {
    const query: Query = { text, values }
    const rows = streamOf(this.lease(query), query, this.place)
    return transform === undefined
      ? rows
      : Stream.mapChunks(rows, (chunk) => Chunk.unsafeFromArray(transform([...chunk])))
  }

  private rows(query: Query, transform: Transform) {
    return Effect.map(
      this.run(query),
      transform === undefined ? rowsOf : (answer) => transform(rowsOf(answer))
    )
  }
}

type Sent = Exit.Exit<Answer, PgError>

/** The session had ended before anything of the statement was sent. */
const isStale = (exit: Sent): exit is Exit.Failure<Answer, PgError> => {
  const error = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
  return Option.isSome(error) && error.value.outcome === "NotSent" && error.value.endsSession
}

/**
 * Whoever is held up on a shared session is freed after some 200 ms (see `Pipeline`): a shorter limit would
 * be reached because of a neighbour.
 */
const leastLimit = Duration.millis(250)

const canWaitWithin = (limit: Duration.Duration | undefined): boolean =>
  limit === undefined || Duration.greaterThanOrEqualTo(limit, leastLimit)

/** What statements are borrowed for, and how. */
export interface Borrowing {
  readonly pool: LendingPool<PgConnection>
  readonly settings: SessionSettings
  /** How many stale sessions one statement may use up. */
  readonly replays: number
  /** Absent: no two statements share a session. */
  readonly pipelines: Pipelines | undefined
}

/**
 * The pool as one connection: each statement borrows a session of its own.
 *
 * A statement that was provably not sent because its session had ended is sent on another one, up
 * to `replays` times: the pool's maximum is enough, since each time uses up one stale session.
 */
export class BorrowedStatements extends PgStatements {
  protected readonly place = outside
  private readonly pool: LendingPool<PgConnection>
  private readonly settings: SessionSettings
  private readonly replays: number
  private readonly pipelines: Pipelines | undefined

  constructor({ pipelines, pool, replays, settings }: Borrowing) {
    super()
    this.pipelines = pipelines
    this.pool = pool
    this.settings = settings
    this.replays = replays
  }

  protected lease(): Effect.Effect<PgConnection, PgError, Scope.Scope> {
    return Effect.mapError(this.pool.acquire, fromPool)
  }

  protected run(query: Query): Effect.Effect<Answer, PgError> {
    return this.attempt(query, this.replays)
  }

  private attempt(query: Query, left: number): Effect.Effect<Answer, PgError> {
    return Effect.withFiberRuntime((fiber) => {
      const replayed = fiber.getFiberRef(replayedRun)
      const limit = limitOf(fiber, this.settings)
      const next = (exit: Sent) =>
        left > 0 && isStale(exit) ? this.again(exit, query, left - 1) : exit
      const run = Effect.mapError(this.once({ query, limit, replayed }, next), fromPool)
      return replayed?.after === undefined
        ? run
        : Effect.zipRight(noteFirst(this.pool, replayed), run)
    })
  }

  private again(exit: Exit.Failure<Answer, PgError>, query: Query, left: number) {
    const note = noteReplay(this.pool, String(Cause.squash(exit.cause)))
    return Effect.zipRight(note, this.attempt(query, left))
  }

  private once(
    statement: SingleStatement,
    next: (exit: Sent) => Effect.Effect<Answer, PgError>
  ): Effect.Effect<Answer, PgError | AcquireError> {
    const { limit, query } = statement
    const text = this.settings.texts.of(query.text)
    return this.pipelines !== undefined && text.isReading && canWaitWithin(limit)
      ? this.pipelines.run({ query, text, limit }, next)
      : alone(this.pool, statement, next)
  }
}
