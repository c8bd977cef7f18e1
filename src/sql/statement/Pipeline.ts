import { type Clock, Duration, Effect, Exit, Fiber } from "effect"
import type { Kept } from "../../pool/Errand.ts"
import { instantOf } from "../../runtime/Instant.ts"
import type { PgError } from "../failure/PgError.ts"
import type { Answer } from "../session/Answer.ts"
import { InterruptTime } from "../session/InterruptTime.ts"
import type { KnownText } from "../session/KnownTexts.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { Query } from "../session/Query.ts"
import { Signal } from "../session/Signal.ts"
import { outside } from "../session/Wire.ts"
import type { SingleStatement } from "./alone.ts"
import { type LoopMark, leastWait, loopMark } from "./LoopMark.ts"

/** What came of one statement of several on one session. */
export interface Passage {
  readonly exit: Exit.Exit<Answer, PgError>
  /** It was cancelled in place of another one, and so has done nothing. */
  readonly wasHit: boolean
}

/** One that only asks. */
export interface ReadStatement extends SingleStatement {
  readonly text: KnownText
}

interface Sent {
  readonly text: KnownText
  readonly expected: number
  readonly answered: Signal
  /** Whoever asked has been interrupted. */
  isUnwanted: boolean
}

/** Most statements under way at once: as many are in doubt when the session is lost. */
const deepest = 16

/** Who comes is not made to wait longer than this for those before, in milliseconds. */
const longestExpected = 2

/** The longest that a session is kept for statements that go on coming, in milliseconds. */
const longestKept = 50

/** An answer that is so late holds up what is behind it: nothing more is sent after it. */
const latest = 10

/** So much later than that, what is behind it is freed. */
const tooLate = 100

/** By then nearly all are answered that share a session: a request would come too late. */
const usual = Duration.millis(20)

/** By a request. The server's own time limit has the same code, and would be reached again. */
const isCancelled = (exit: Exit.Exit<Answer, PgError>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause._tag === "Fail" &&
  exit.cause.error.sqlState === "57014" &&
  exit.cause.error.isRetryable

/**
 * One borrowed session on which statements of many fibers are under way, each sent before those before
 * it are answered. It is given back with the last answer.
 */
export class Pipeline {
  private readonly connection: PgConnection
  private readonly clock: Clock.Clock
  private readonly kept: Kept
  private readonly began: number
  /** Statements, and what is being cancelled. */
  private underWay = 0
  /** How long the server is expected to work on what is under way. */
  private expected = 0
  private lastAnswer: LoopMark
  private isClosed = false
  private hasCancelled = false
  private isUnblocking = false
  private readonly cancelling = Effect.unsafeMakeSemaphore(1)
  /** A request to cancel may still be on its way, and must hit nobody else. */
  private isSpoilt = false
  private seenBeat = -1
  /** What is not answered, in the order in which it was sent. */
  private readonly unanswered = new Set<Sent>()

  constructor(connection: PgConnection, clock: Clock.Clock, kept: Kept) {
    this.connection = connection
    this.clock = clock
    this.kept = kept
    this.began = this.now()
    this.lastAnswer = loopMark(this.began)
  }

  /** A statement would be answered about as soon as on a session of its own, and hold nobody up. */
  hasRoomFor({ expected }: KnownText): boolean {
    if (this.isClosed || this.underWay >= deepest) return false
    if (this.expected + expected > longestExpected) return false
    const now = this.now()
    const isLate = now - this.lastAnswer.at > this.connection.roundTrip + latest
    const isOver = now - this.began > longestKept
    return !isLate && !isOver && !this.kept.isOutdated() && this.connection.isOpen()
  }

  /** Others wait for a session: whoever comes now comes after them. */
  get isWanted(): boolean {
    return this.kept.isWanted()
  }

  isOn(connection: PgConnection): boolean {
    return connection === this.connection
  }

  /**
   * Sends a statement, and calls back with what came of it, within its time if that is limited. Returns
   * what gives it up.
   */
  send(
    { limit, query, text }: ReadStatement,
    done: (passage: Passage) => void
  ): Effect.Effect<void> {
    const sent: Sent = { text, expected: text.expected, answered: new Signal(), isUnwanted: false }
    const undo = Effect.suspend(() => this.undo(sent))
    const told = (exit: Exit.Exit<Answer, PgError>) =>
      done({ exit, wasHit: this.hasCancelled && !sent.isUnwanted && isCancelled(exit) })
    const how = { time: limit, giveUp: undo }
    const { inTime, stop } = this.connection.limited(query, outside, how, told)
    try {
      this.transmit(query, sent, inTime)
    } catch (defect) {
      stop()
      throw defect
    }
    return Effect.zipRight(Effect.sync(stop), undo)
  }

  private transmit(query: Query, sent: Sent, done: (exit: Exit.Exit<Answer, PgError>) => void) {
    const begun = loopMark(this.now())
    const isFirst = this.underWay === 0
    this.underWay += 1
    this.expected += sent.expected
    this.unanswered.add(sent)
    const answer = (exit: Exit.Exit<Answer, PgError>) => {
      this.unanswered.delete(sent)
      this.expected -= sent.expected
      const now = loopMark(this.now())
      if (Exit.isSuccess(exit)) {
        if (isFirst) this.connection.wasAnsweredWithin(now.at - begun.at)
        sent.text.took(this.workTime(begun, now))
      }
      this.lastAnswer = now
      done(exit)
      this.leave()
    }
    try {
      this.connection.transmit(query, outside, answer, sent.answered)
    } catch (defect) {
      // A driver of somebody else's; whoever asked dies of it, and nobody else.
      this.unanswered.delete(sent)
      this.expected -= sent.expected
      this.leave()
      throw defect
    }
  }

  /** Whoever asked does not want it any more. */
  private undo(sent: Sent): Effect.Effect<void> {
    sent.isUnwanted = true
    if (sent.answered.isGiven) return Effect.void
    if (this.isSpoilt) this.dropUnwanted()
    return this.giveUp(sent.answered)
  }

  /**
   * What holds up others for too long, without a byte between two looks, is cancelled and sent again alone,
   * as whatever else that hits: it may wait for somebody who waits for what is behind it.
   */
  readonly unblock: Effect.Effect<void> = Effect.suspend(() => {
    const [first, second] = this.unanswered
    const { beat } = this.connection.pulse
    const isSilent = beat === this.seenBeat
    const isLate = this.now() - this.lastAnswer.at > this.connection.roundTrip + tooLate
    this.seenBeat = beat
    const isHeldUp = first !== undefined && second !== undefined && isSilent && isLate
    if (!isHeldUp || this.isUnblocking) return Effect.void
    first.text.heldUp()
    this.isClosed = true
    this.isUnblocking = true
    const over = Effect.sync(() => {
      this.isUnblocking = false
    })
    return this.cancelAmong(first.answered, over)
  })

  /** How long the server has worked on what it has just answered, as far as could be seen from here. */
  private workTime(begun: LoopMark, now: LoopMark): number {
    const last = this.lastAnswer.at > begun.at ? this.lastAnswer : begun
    const { roundTrip } = this.connection
    return Math.max(0, Math.min(leastWait(last, now), now.at - begun.at - roundTrip))
  }

  /** Alone it is cancelled. A request among others may hit any of them: see {@link Passage}. */
  private giveUp(answered: Signal): Effect.Effect<void> {
    const { connection } = this
    const isAlone = this.underWay === 1
    this.isClosed = true
    this.underWay += 1
    const undo = isAlone ? connection.cancel(answered) : this.cancelAmong(answered)
    return Effect.ensuring(
      undo,
      Effect.sync(() => this.leave())
    )
  }

  /** What takes longer than an interrupt may goes on by itself; nobody else gets the session before. */
  private cancelAmong(answered: Signal, over = Effect.void): Effect.Effect<void> {
    this.underWay += 1
    // One at a time: where the network is gone, each asks again and again.
    const cancelled = this.cancelling.withPermits(1)(
      Effect.suspend(() => {
        const request = this.connection.cancelRequest(answered)
        if (answered.isGiven || this.isSpoilt || request === undefined) return Effect.void
        this.hasCancelled = true
        return Effect.catchAll(request, () => Effect.sync(() => this.spoil()))
      })
    )
    const left = Effect.sync(() => this.leave())
    const undone = Effect.timeoutOption(answered.given, usual).pipe(
      Effect.zipRight(cancelled),
      Effect.ensuring(Effect.zipRight(over, left))
    )
    return Effect.flatMap(Effect.forkDaemon(Effect.interruptible(undone)), (fiber) =>
      new InterruptTime().takeBack(
        Fiber.join(fiber),
        Effect.sync(() => this.dropUnwanted())
      )
    )
  }

  /** The session is not lent again. */
  private spoil(): void {
    this.isSpoilt = true
    this.dropUnwanted()
  }

  /** Where nobody waits for the session any more it ends now. */
  private dropUnwanted(): void {
    if ([...this.unanswered].every(({ isUnwanted }) => isUnwanted)) this.drop()
  }

  private drop(): void {
    this.connection.end.abandon("a request to cancel may still be on its way to it")
  }

  private leave(): void {
    this.underWay -= 1
    if (this.underWay > 0) return
    this.isClosed = true
    if (this.isSpoilt) this.drop()
    this.kept.giveBack()
  }

  private now(): number {
    return instantOf(this.clock)
  }
}
