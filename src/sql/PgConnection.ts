import { type Duration, Effect, Exit, type Fiber } from "effect"
import * as pg from "pg"
import type { Connection, Loss } from "../pool/Connection.ts"
import { ConnectError } from "../pool/PoolError.ts"
import { undertaking } from "../pool/Undertaking.ts"
import { cancelKeyOf, cancelUntilAnswered } from "./CancelRequest.ts"
import type { Dial } from "./Dial.ts"
import type { Answer, Query } from "./Exchange.ts"
import { InterruptTime } from "./InterruptTime.ts"
import { type Introduction, proof, stranger } from "./Introduction.ts"
import type { KnownText } from "./KnownTexts.ts"
import { fromCause, type PgError, type Progress } from "./PgError.ts"
import type { PoolMode } from "./PoolMode.ts"
import { Pulse } from "./Pulse.ts"
import type { SessionSettings } from "./SessionSettings.ts"
import { Signal } from "./Signal.ts"
import { classify, describe } from "./SqlState.ts"
import type { Limited } from "./StatementLimits.ts"
import type { Swallowed } from "./Swallowed.ts"
import { limitOf } from "./statementTimeout.ts"
import { outside, type Place, Wire } from "./Wire.ts"

const nothing = (): void => undefined

const destroy = (client: pg.Client) => client.connection.stream.destroy()

const connectError = (cause: unknown): ConnectError => {
  const { coolDown, isFatalToConnect, provesRestart } = classify(cause)
  return new ConnectError({
    message: describe(cause),
    isFatal: isFatalToConnect,
    provesRestart,
    retryAfter: coolDown,
    cause
  })
}

/** One session with a Postgres server, through one `pg.Client`. */
export class PgConnection implements Connection {
  readonly client: pg.Client
  /** Which server it reached, and whether directly. Known once it has introduced itself. */
  about: Introduction = stranger
  /** It was dropped from here, not ended by the server or the network. */
  isAbandoned = false
  /** Whether it owes an answer, and whether anything comes. */
  readonly pulse = new Pulse()
  private loss: Loss | undefined
  /** Why it was given up, which says more than what the driver makes of it. */
  private swallowed: Swallowed | undefined
  /** Gives a borrowed session back, or has its owner end it. */
  private release: ((isToEnd: boolean) => void) | undefined
  private readonly config: pg.ClientConfig
  private readonly onLoss: (loss: Loss) => void
  private readonly settings: SessionSettings
  private readonly wire: Wire

  private constructor(
    client: pg.Client,
    config: pg.ClientConfig,
    settings: SessionSettings,
    onLoss: (loss: Loss) => void
  ) {
    this.client = client
    this.config = config
    this.onLoss = onLoss
    this.settings = settings
    this.wire = new Wire(client, settings, (cause, progress) => this.fail(cause, progress))
    // The driver emits these for as long as the socket lives, more than once; without a listener
    // the first would end the process.
    client.on("error", this.onError)
    client.on("end", this.onEnd)
    client.on("notice", this.onNotice)
  }

  private readonly onError = (cause: unknown): void => this.lose(cause)

  private readonly onEnd = (): void => this.lose(new Error("Connection terminated by the server"))

  /** A server that crashes says so with a warning to each session before it ends them. */
  private readonly onNotice = (notice: unknown): void => {
    if (classify(notice).provesRestart) this.lose(notice)
  }

  /** Opens a session. Interrupting it drops the socket. `onSign` learns of the server's first byte. */
  static readonly connect = (
    { Driver = pg.Client, config }: Dial,
    settings: SessionSettings,
    onLoss: (loss: Loss) => void,
    onSign: () => void = nothing
  ): Effect.Effect<PgConnection, ConnectError> =>
    Effect.flatMap(Effect.try({ try: () => new Driver(config), catch: connectError }), (client) =>
      undertaking((resume) => {
        client.connection.stream.once("data", onSign)
        const connection = new PgConnection(client, config, settings, onLoss)
        client.connect((cause: unknown) => {
          if (cause) {
            destroy(client)
            resume(Effect.fail(connectError(cause)))
          } else {
            resume(Effect.sync(() => connection.watch()))
          }
        })
        return Effect.sync(() => destroy(client))
      })
    )

  /** Borrows a session from somebody else's pool; closing it gives it back, unless it is spoilt. */
  static readonly fromPool = (
    pool: pg.Pool,
    settings: SessionSettings,
    onLoss: (loss: Loss) => void
  ): Effect.Effect<PgConnection, ConnectError> =>
    undertaking((resume) => {
      let isWanted = true
      let taken: PgConnection | undefined
      pool.connect((cause, client, release) => {
        if (client === undefined) return resume(Effect.fail(connectError(cause)))
        if (!isWanted) return release()
        // Now, not when the fiber goes on: from here on nobody else hears the client's errors.
        taken = new PgConnection(client, pool.options, settings, onLoss).watch()
        taken.release = release
        resume(Effect.succeed(taken))
      })
      return Effect.sync(() => {
        isWanted = false
        taken?.abandon("nobody wanted it any more")
      })
    })

  /**
   * Learns of the end of the stream when it arrives. The driver tells of it only once the socket is
   * closed, a turn of the event loop later, when the connection may have been lent.
   */
  private watch(): this {
    const { stream } = this.client.connection
    stream.on("end", this.onEnd)
    this.pulse.listenTo(stream)
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
  readonly isOpen = (): boolean => this.loss === undefined

  /** Something stands between, a pooler or a proxy: what one session does another may not know. */
  get isProxied(): boolean {
    return this.about.isProxied
  }

  /** One turn of the event loop reads whatever waits in the kernel's sockets. */
  readonly catchUp: Effect.Effect<void> = Effect.async((resume) => {
    const immediate = setImmediate(() => resume(Effect.void))
    return Effect.sync(() => clearImmediate(immediate))
  })

  readonly validate: Effect.Effect<void, Loss> = Effect.suspend(() =>
    Effect.mapError(this.query({ text: proof }, outside), (error) => this.lossBy(error))
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

  /** It is somebody else's, and goes back there. */
  get isBorrowed(): boolean {
    return this.release !== undefined
  }

  /**
   * Statements of others may be sent behind one. A proxy may give each another session, a pool of somebody
   * else's may have its own way, and what can't be cancelled would hold up the others.
   */
  get canBeShared(): boolean {
    return !this.isProxied && !this.isBorrowed && cancelKeyOf(this.client) !== undefined
  }

  /** Where it is silent, a look from the side can tell why. */
  get canBeLookedAt(): boolean {
    return this.settings.looksAtSilence && this.about.backend !== undefined
  }

  /** What a proxy does that stands between, if one does. */
  get poolMode(): PoolMode {
    return this.settings.poolMode
  }

  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    const isClean = this.isUsable()
    const wasOpen = this.isOpen()
    this.loss ??= { message: "closed by the pool", provesRestart: false }
    if (this.release !== undefined) return Effect.sync(() => this.giveBack(isClean))
    return wasOpen ? this.sayGoodbye : Effect.sync(() => destroy(this.client))
  })

  private readonly sayGoodbye: Effect.Effect<void> = Effect.async((resume) => {
    this.client.end(() => resume(Effect.void))
    return Effect.sync(() => destroy(this.client))
  })

  /** To the pool it was borrowed from, which listens to it from now on. */
  private giveBack(isClean: boolean): void {
    const { client, release } = this
    this.release = undefined
    client.off("error", this.onError)
    client.off("end", this.onEnd)
    client.off("notice", this.onNotice)
    client.connection.stream.off("end", this.onEnd)
    this.pulse.forget()
    release?.(!isClean)
  }

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

  /** How long a statement of this fiber may take, if that is limited. */
  limitOf(fiber: Fiber.RuntimeFiber<unknown, unknown>): Duration.Duration | undefined {
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
    if (limit === undefined) return this.cancel(this.transmit(query, place, done))
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
    this.abandon("its statement timed out")
    return request === undefined ? Effect.void : this.interruptTime.takeBack(request, Effect.void)
  }

  /** As {@link send}, behind what is under way. The signal is given when the answer is there. */
  transmit(
    query: Query,
    place: Place,
    done: (result: Exit.Exit<Answer, PgError>) => void,
    answered = new Signal()
  ): Signal {
    if (this.loss !== undefined) {
      // The driver may not know yet that the socket is gone, and would write into it.
      const gone = new Error(`Connection terminated: ${this.loss.message}`)
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
    const gaveUp = this.isAbandoned && this.pulse.place?.transaction === transaction
    return transaction?.hasBegun === false && !gaveUp
  }

  /**
   * Cancels the statement under way. The connection is kept only if the statement was answered and
   * the server is done with the request: a request still on its way could hit the next statement.
   */
  cancel(answered: Signal): Effect.Effect<void> {
    return Effect.suspend(() => {
      const dropped = Effect.sync(() => this.abandon("its statement was interrupted"))
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

  /** The error for a failure of a statement, which may be the end of the session too. */
  fail(cause: unknown, progress: Progress): PgError {
    const error = fromCause(this.swallowed ?? cause, progress)
    if (error.endsSession) this.lose(cause)
    return error
  }

  /** Drops a connection whose session is in a state that nobody knows. */
  abandon(message: string): void {
    // Decided here, so it is no loss that anybody needs to be told of.
    this.isAbandoned ||= this.isOpen()
    this.loss ??= { message, provesRestart: false }
    destroy(this.client)
    if (this.release !== undefined) this.giveBack(false)
  }

  /** The network has swallowed what is under way: whoever waits for it learns so now. */
  swallow(cause: Swallowed): void {
    this.swallowed = cause
    destroy(this.client)
    this.lose(cause)
  }

  private lossBy({ cause }: PgError): Loss {
    return this.loss ?? { message: describe(cause), provesRestart: false }
  }

  private lose(cause: unknown): void {
    if (this.loss !== undefined) return
    this.loss = {
      message: describe(cause),
      provesRestart: classify(cause).provesRestart,
      implicatesSiblings: cause === this.swallowed
    }
    if (this.release !== undefined) this.giveBack(false)
    this.onLoss(this.loss)
  }
}
