import { Effect, Exit, type Scope } from "effect"
import type { AnyFiber } from "../../runtime/Traced.ts"
import { fromCause, type PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import { outside, type Place } from "../session/Wire.ts"
import { type Commitment, commitmentOf } from "../statement/Commitment.ts"
import { PgStatements } from "../statement/PgStatements.ts"
import { stillStreaming } from "../statement/PgStream.ts"
import { current as replayedRun } from "../statement/ReplayedRun.ts"
import { type Detour, Mutex } from "./Mutex.ts"

const tooLate = (place: Place): PgError =>
  fromCause(new Error("the session was given back before this statement was run on it"), {
    ...place,
    sent: false
  })

/** Claims something for a stream until the scope closes. */
export const claimed = (what: { isClaimed: boolean }): Effect.Effect<void, never, Scope.Scope> => {
  const claim = (isClaimed: boolean) =>
    Effect.sync(() => {
      what.isClaimed = isClaimed
    })
  return Effect.acquireRelease(claim(true), () => claim(false))
}

type StatementDetour = Detour<Answer, PgError>

/** A statement that is to be run on a session that is held. */
export interface HeldStatement {
  readonly query: Query
  readonly place: Place
  readonly detour: StatementDetour | undefined
}

/**
 * A session in the hands of one who runs several statements on it, one at a time. A fiber that
 * outlives that finds it closed, rather than in the hands of the next borrower.
 */
export class HeldSession {
  connection: PgConnection
  readonly place: Place = outside
  /** It was given back. */
  isOver = false
  /** A stream has all of it, or is about to. */
  isClaimed = false
  /** Never two at the driver: it would queue the second, out of reach of an interrupt. */
  protected readonly mutex = new Mutex()

  constructor(connection: PgConnection) {
    this.connection = connection
  }

  /** Runs one statement in its turn, or takes the detour where it would begin to wait for that. */
  run(query: Query, place = this.place, detour?: StatementDetour): Effect.Effect<Answer, PgError> {
    return Effect.withFiberRuntime((fiber) => {
      const refusal = this.refusal(query, place)
      if (refusal !== undefined) return Effect.fail(refusal)
      return this.start(fiber, { query, place, detour })
    })
  }

  /** All of it for the stream of a statement: nothing else runs on it until the scope closes. */
  whole(query: Query): Effect.Effect<PgConnection, PgError, Scope.Scope> {
    return Effect.suspend(() => {
      const refusal = this.refusal(query, this.place)
      if (refusal !== undefined) return Effect.fail(refusal)
      return claimed(this).pipe(
        Effect.zipRight(this.ready),
        Effect.zipRight(this.mutex.held),
        Effect.zipRight(this.ifHeld(this.place, () => Effect.succeed(this.connection)))
      )
    })
  }

  /** What has to be done before the first stream. */
  protected get ready(): Effect.Effect<void, PgError> {
    return Effect.void
  }

  /** Why a statement can't be run on it. */
  protected refusal(_query: Query, place: Place): PgError | undefined {
    return this.isClaimed ? stillStreaming(place) : undefined
  }

  protected start(
    fiber: AnyFiber,
    { detour, place, query }: HeldStatement
  ): Effect.Effect<Answer, PgError> {
    return this.mutex.run((done) => {
      const { connection } = this
      if (!this.isOver) {
        const heard = this.committing(fiber, query)?.sending(done) ?? done
        return connection.send(query, place, heard, connection.limitOf(fiber))
      }
      done(Exit.fail(tooLate(place)))
      return Effect.void
    }, detour)
  }

  /** What a statement may commit by being sent now. */
  protected committing(fiber: AnyFiber, query: Query): Commitment | undefined {
    const { connection } = this
    return commitmentOf({ connection, query, replayed: fiber.getFiberRef(replayedRun) })
  }

  protected ifHeld<A>(place: Place, use: () => Effect.Effect<A, PgError>) {
    return Effect.suspend(() => (this.isOver ? Effect.fail(tooLate(place)) : use()))
  }
}

/** `@effect/sql`'s connection over a session that is held. */
export class HeldStatements<S extends HeldSession = HeldSession> extends PgStatements {
  readonly session: S

  constructor(session: S) {
    super()
    this.session = session
  }

  protected run(query: Query): Effect.Effect<Answer, PgError> {
    return this.session.run(query)
  }

  protected lease(query: Query) {
    return this.session.whole(query)
  }

  protected get place() {
    return this.session.place
  }
}
