import { type Duration, Effect, Exit } from "effect"
import type * as pg from "pg"
import type { Connection, Loss } from "../../pool/Connection.ts"
import type { AnyFiber } from "../../runtime/Traced.ts"
import { turn } from "../../runtime/turn.ts"
import { undertaking } from "../../runtime/Undertaking.ts"
import { fromCause, type PgError } from "../failure/PgError.ts"
import { Pulse } from "../silence/Pulse.ts"
import type { Answer } from "./Answer.ts"
import { cancelKeyOf, cancelUntilAnswered } from "./CancelRequest.ts"
import { InterruptTime } from "./InterruptTime.ts"
import { type Introduction, proof, stranger } from "./Introduction.ts"
import type { KnownText } from "./KnownTexts.ts"
import type { PoolMode } from "./PoolMode.ts"
import type { Query } from "./Query.ts"
import { type Release, SessionEnd } from "./SessionEnd.ts"
import type { SessionSettings } from "./SessionSettings.ts"
import { Signal } from "./Signal.ts"
import type { Limited } from "./StatementLimits.ts"
import { limitOf } from "./statementTimeout.ts"
import { outside, type Place, Wire } from "./Wire.ts"

/** A session of the driver's, and where it came from. */
export interface Opened {
  readonly client: pg.Client
  readonly config: pg.ClientConfig
  readonly onLoss: (loss: Loss) => void
  /** Gives a borrowed session back, or has its owner end it. */
  readonly release?: Release
}

/** One session with a Postgres server, through one `pg.Client`. */
export class PgConnection implements Connection {
  readonly client: pg.Client
  /** Which server it reached, and whether directly. Known once it has introduced itself. */
  about: Introduction = stranger
  /** How it ends, and whether it has. */
  readonly end: SessionEnd
  /** Whether it owes an answer, and whether anything comes. */
  readonly pulse = new Pulse()
  private readonly config: pg.ClientConfig
  private readonly settings: SessionSettings
  private readonly wire: Wire

  constructor({ client, config, onLoss, release }: Opened, settings: SessionSettings) {
    this.client = client
    this.config = config
    this.settings = settings
    const giveBack = (isToEnd: boolean) => {
      this.pulse.forget()
      release?.(isToEnd)
    }
    this.end = new SessionEnd(client, onLoss, release === undefined ? undefined : giveBack)
    this.wire = new Wire(client, settings, (cause, progress) => this.end.fail(cause, progress))
  }

  /** From now on it is known when the server hangs up, and whether anything comes. */
  watch(): this {
    this.end.watch()
    this.pulse.listenTo(this.client.connection.stream)
    return this
  }

  /** A cursor is open: until it is closed, no statement can have an answer. */
  isStreaming = false

  /** Of the session, as the last answer told: "I" none, "T" open, "E" failed. */
  get transaction(): pg.TransactionStatus {
    return this.client.getTransactionStatus()
  }

  /** For all that one interrupt leaves to do here; over with the next statement but a rollback. */
  readonly interruptTime = new InterruptTime()

  /**
   * Also false inside a transaction, which was begun by hand and would go on under the next borrower,
   * and while something is still under way, which a cancel of the next borrower would hit.
   */
  readonly isUsable = (): boolean =>
    this.isOpen() && !this.wire.isInTransaction && this.wire.isQuiet && !this.isStreaming

  /** The session has not ended, as far as is known. */
  readonly isOpen = (): boolean => this.end.loss === undefined

  /** Something stands between, a pooler or a proxy: what one session does another may not know. */
  get isProxied(): boolean {
    return this.about.isProxied
  }

  readonly catchUp: Effect.Effect<void> = turn

  readonly validate: Effect.Effect<void, Loss> = Effect.suspend(() =>
    Effect.mapError(this.query({ text: proof }, outside), (error) => this.end.lossBy(error))
  )

  /** The least milliseconds in which it has answered so far: the way there and back, and little else. */
  roundTrip = Number.POSITIVE_INFINITY

  /** It has answered one statement, with nothing else under way, in so many milliseconds. */
  wasAnsweredWithin(millis: number): void {
    this.roundTrip = Math.min(this.roundTrip, millis)
  }

  /** Takes note of what the session tells of itself. */
  meet(about: Introduction): void {
    this.about = about
    this.wire.isProxied = about.isProxied
  }

  /**
   * Statements of others may be sent behind one. A proxy may give each another session, a pool of somebody
   * else's may have its own way, and what can't be cancelled would hold up the others.
   */
  get canBeShared(): boolean {
    return !this.isProxied && !this.end.isBorrowed && cancelKeyOf(this.client) !== undefined
  }

  /** Where it is silent, a look from the side can tell why. */
  get canBeLookedAt(): boolean {
    return this.settings.looksAtSilence && this.about.backend !== undefined
  }

  /** What a proxy does that stands between, if one does. */
  get poolMode(): PoolMode {
    return this.settings.poolMode
  }

  readonly close: Effect.Effect<void> = Effect.suspend(() => this.end.close(this.isUsable()))

  /**
   * Runs one statement, within the fiber's statement timeout if it has one. Interrupting it cancels
   * the statement; the connection is kept if the server confirms that in time, else dropped.
   */
  query(query: Query, place: Place): Effect.Effect<Answer, PgError> {
    return Effect.withFiberRuntime((fiber) => {
      const limit =
        this.limitOf(fiber) ?? (place.phase === "begin" ? this.settings.beginTimeout : undefined)
      return undertaking<Answer, PgError>((resume) => this.send(query, place, resume, limit))
    })
  }

  /** What the text of a statement alone tells. */
  known({ text }: Query): KnownText {
    return this.settings.texts.of(text)
  }

  /** It may commit something when it is sent now: by itself, or the transaction that is open. */
  mayCommit(query: Query): boolean {
    const known = this.known(query)
    if (this.transaction === "T") return known.mayCommit
    // Of a transaction that has failed nothing can be committed any more, only behind it.
    return this.transaction === "E" ? known.isScript && known.mayCommit : known.mayWrite
  }

  /** How long a statement of this fiber may take, if that is limited. */
  limitOf(fiber: AnyFiber): Duration.Duration | undefined {
    return limitOf(fiber, this.settings)
  }

  /**
   * Sends one statement, and calls back with what came of it, within its time if that is limited. Returns
   * what cancels it.
   */
  send(
    query: Query,
    place: Place,
    done: (result: Exit.Exit<Answer, PgError>) => void,
    limit?: Duration.Duration
  ): Effect.Effect<void> {
    const answered = new Signal()
    const giveUp = Effect.suspend(() => this.giveUp(answered))
    const { inTime, stop } = this.limited(query, place, { time: limit, giveUp }, done)
    this.transmit(query, place, inTime, answered)
    return Effect.zipRight(Effect.sync(stop), this.cancel(answered))
  }

  /** Limits a statement that is about to be sent here: see {@link StatementLimits.limit}. */
  limited(
    { text }: Query,
    place: Place,
    { giveUp, time }: Omit<Limited, "progress">,
    done: (result: Exit.Exit<Answer, PgError>) => void
  ) {
    const progress = () => ({ ...place, sent: true, text })
    return this.settings.limits.limit({ time, progress, giveUp }, done)
  }

  /** Drops the session of a statement that took too long, and has the server end it. */
  private giveUp(answered: Signal): Effect.Effect<void> {
    const request = this.cancelRequest(answered)
    this.end.abandon("its statement timed out")
    return request === undefined ? Effect.void : this.interruptTime.takeBack(request, Effect.void)
  }

  /** As {@link send}, behind what is under way. The signal is given when the answer is there. */
  transmit(
    query: Query,
    place: Place,
    done: (result: Exit.Exit<Answer, PgError>) => void,
    answered = new Signal()
  ): Signal {
    const { loss } = this.end
    if (loss !== undefined) {
      // The driver may not know yet that the socket is gone, and would write into it.
      const gone = new Error(`Connection terminated: ${loss.message}`)
      const phase = this.mayBeginElsewhere(place) ? "begin" : place.phase
      answered.give()
      done(Exit.fail(fromCause(gone, { ...place, phase, sent: false })))
      return answered
    }
    if (place.phase !== "rollback") this.interruptTime.over()
    this.pulse.sent(place)
    this.wire.send(query, place, (exit) => {
      this.pulse.answered()
      answered.give()
      done(exit)
    })
    this.pulse.bytes = this.wire.sentBytes
    return answered
  }

  /**
   * The transaction has not begun. Who was interrupted, or ran out of time, where it was to begin gave
   * up its first statement, and what follows that one must not be committed without it.
   */
  private mayBeginElsewhere({ transaction }: Place): boolean {
    const gaveUp = this.end.isAbandoned && this.pulse.place?.transaction === transaction
    return transaction?.hasBegun === false && !gaveUp
  }

  /**
   * Cancels the statement under way. The connection is kept only if the statement was answered and
   * the server is done with the request: a request still on its way could hit the next statement.
   */
  cancel(answered: Signal): Effect.Effect<void> {
    return Effect.suspend(() => {
      const dropped = Effect.sync(() => this.end.abandon("its statement was interrupted"))
      if (answered.isGiven) return Effect.void
      const request = this.cancelRequest(answered)
      return request === undefined ? dropped : this.interruptTime.takeBack(request, dropped)
    })
  }

  /** Cancels whatever is under way until one statement is answered; absent where that can't be. */
  cancelRequest(answered: Signal): Effect.Effect<void, unknown> | undefined {
    const { client, config } = this
    const key = cancelKeyOf(client)
    return key === undefined || !this.isOpen()
      ? undefined
      : cancelUntilAnswered({ client, config, key }, answered)
  }
}
