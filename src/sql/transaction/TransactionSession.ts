import { Effect } from "effect"
import type { LendingPool, Loan, Restore } from "../../pool/Pool.ts"
import type { AnyFiber } from "../../runtime/Traced.ts"
import { fromCause, fromPool, type PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import { TransactionId } from "../session/TransactionId.ts"
import type { OpenTransaction, Place } from "../session/Wire.ts"
import type { Commitment } from "../statement/Commitment.ts"
import { noteReplay } from "../statement/Recovery.ts"
import { HeldSession, type HeldStatement } from "./HeldSession.ts"

/** Where the sessions of transactions come from. */
export interface SessionSource {
  readonly pool: LendingPool<PgConnection>
  /** How many stale sessions one transaction may use up before it has begun. */
  readonly replays: number
  /** Whether the ids of transactions are to be learned. */
  readonly asksForIds: boolean
}

const lend = ({ pool }: SessionSource, restore: Restore) =>
  Effect.mapError(pool.lend(restore), fromPool)

const begin: Query = { text: "BEGIN", isUnprepared: true }

const atBegin: Place = { phase: "begin", inTransaction: true }

const notByHand = (place: Place): PgError =>
  fromCause(
    new Error(
      "withTransaction begins, commits and rolls back by itself: let its effect succeed or fail instead"
    ),
    { ...place, sent: false }
  )

/**
 * The session of one transaction. BEGIN travels with its first statement, and is a validation too:
 * where it is not answered because the session has ended, both are sent on another one.
 */
export class TransactionSession extends HeldSession implements OpenTransaction {
  override readonly place: Place = { phase: "statement", inTransaction: true, transaction: this }
  hasBegun = false
  /** Something was to be run on it. */
  hasTried = false
  wasEnded = false
  script: string | undefined
  mayHaveNotified = false
  /** Its COMMIT, once that was sent, for whoever replays it. */
  commitment: Commitment | undefined
  id: TransactionId | undefined
  readonly source: SessionSource
  private loan: Loan<PgConnection> | undefined
  private replays: number
  /** It has lost a session, perhaps by its first statement. */
  private hasMoved = false

  private constructor(source: SessionSource, loan: Loan<PgConnection>) {
    super(loan.connection)
    this.source = source
    this.replays = source.replays
    this.take(loan)
  }

  /** A script has ended it, or may have: the session was lost while one was under way. */
  get mayBeEnded(): boolean {
    return this.wasEnded || (this.script !== undefined && !this.connection.isOpen())
  }

  /** COMMIT makes something of it last, as far as is known. */
  get mayHaveWritten(): boolean {
    return this.mayHaveNotified || this.id === undefined || this.id.assigned !== undefined
  }

  /** Runs an uninterruptible effect on a session of its own, which it then gives back. */
  static readonly use = <A, E, R>(
    source: SessionSource,
    f: (session: TransactionSession, restore: Restore) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | PgError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(lend(source, restore), (loan) => {
        const session = new TransactionSession(source, loan)
        return Effect.ensuring(f(session, restore), session.giveBack)
      })
    )

  protected override get ready() {
    return this.begun
  }

  protected override refusal(query: Query, place: Place): PgError | undefined {
    return this.connection.known(query).endsTransaction
      ? notByHand(place)
      : super.refusal(query, place)
  }

  /** Only COMMIT commits what is run on it. */
  protected override committing(): undefined {}

  protected override start(
    fiber: AnyFiber,
    statement: HeldStatement
  ): Effect.Effect<Answer, PgError> {
    if (this.hasBegun) return super.start(fiber, statement)
    this.hasTried = true
    const { detour, place, query } = statement
    // Others may have begun something nested meanwhile: it takes its turn anew.
    const again = () => this.run(query, place, detour)
    return this.mayTravel(query)
      ? this.orElsewhere(super.start(fiber, statement), again)
      : Effect.zipRight(this.begun, again())
  }

  /**
   * A script can't be behind a BEGIN of our own. Where nobody can look at the backend, as behind a
   * pooler, only a BEGIN that goes alone shows a silent network: it is answered at once or never. And
   * a statement that was lost with its session may itself have ended it, as one does that crashes the
   * server: behind a BEGIN that has answered it is sent once more, and not to every session there is.
   */
  private mayTravel(query: Query): boolean {
    const { connection, hasMoved } = this
    return !hasMoved && connection.canBeLookedAt && connection.known(query).isRowStatement
  }

  /** Has BEGIN answered, where it can't travel with a statement. */
  private get begun(): Effect.Effect<void, PgError> {
    return Effect.suspend(() => {
      if (this.hasBegun) return Effect.void
      this.hasTried = true
      return this.orElsewhere(
        this.mutex.hold(this.ifHeld(this.place, () => this.begin)),
        () => this.begun
      )
    })
  }

  private get begin(): Effect.Effect<void, PgError> {
    if (this.hasBegun) return Effect.void
    return Effect.map(this.connection.query(begin, atBegin), () => {
      this.hasBegun = true
    })
  }

  /** Does it again on another session, if this one had ended before it began. */
  private orElsewhere<A>(
    first: Effect.Effect<A, PgError>,
    again: () => Effect.Effect<A, PgError>
  ): Effect.Effect<A, PgError> {
    const { connection } = this
    return Effect.catchAll(first, (error) => {
      const hasNotBegun = error.phase === "begin" && error.endsSession
      const hasOther = this.connection !== connection || this.replays > 0
      if (!hasNotBegun || !hasOther) return Effect.fail(error)
      return noteReplay(this.source.pool, error.message).pipe(
        Effect.zipRight(this.replace(connection)),
        Effect.zipRight(Effect.suspend(again))
      )
    })
  }

  private replace(ended: PgConnection): Effect.Effect<void, PgError> {
    const other = Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.zipRight(this.giveBack, lend(this.source, restore)), (loan) => {
        this.replays -= 1
        this.hasMoved = true
        this.take(loan)
        return this.isOver ? this.giveBack : Effect.void
      })
    )
    return this.mutex.hold(
      Effect.suspend(() => (this.connection === ended && !this.isOver ? other : Effect.void))
    )
  }

  private take(loan: Loan<PgConnection>): void {
    this.loan = loan
    this.connection = loan.connection
    const isKnown = this.source.asksForIds && this.connection.about.server !== undefined
    this.id = isKnown ? new TransactionId() : undefined
  }

  private get giveBack(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { loan } = this
      this.loan = undefined
      return loan?.giveBack ?? Effect.void
    })
  }
}
