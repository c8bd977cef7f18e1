import { Duration, Effect, FiberRef } from "effect"
import type { PCGRandom } from "effect/Utils"
import type { Connection, Connector, Loss } from "../../src/pool/Connection.ts"
import type { ConnectError } from "../../src/pool/PoolError.ts"
import type { Landing } from "./DialWatch.ts"
import type { Observer } from "./Observer.ts"
import type { LossKind, Welcome } from "./Program.ts"
import { crash, goodbye, refusal, reset } from "./ServerWords.ts"
import type { Timeline } from "./Timeline.ts"
import { undertaking } from "./undertaking.ts"
import { type Caller, openSessions, precision, type Session } from "./World.ts"

/** A session with the {@link Database}, as the pool holds it. */
export interface Simulated extends Connection {
  readonly session: Session
}

/** Set on the fiber of a caller who checks: the pool validates for it there. */
export const checker = FiberRef.unsafeMake<Caller | undefined>(undefined)

/** An interrupted dial drops its socket; the server may have accepted it already. */
interface Socket {
  session: Session | undefined
}

/** What the client's side of a session still waits for. */
interface Line {
  readonly onLoss: (loss: Loss) => void
  /** Fails the round trip under way. */
  fail: ((loss: Loss) => void) | undefined
  /** The end that is on its way, or waits to be read. */
  end: Loss | undefined
}

/** A server and a network without sockets, which do everything that real ones do to a client. */
export class Database {
  welcome: Welcome
  tripTime = 1
  closeTime = 0
  /** Sessions it has room for. */
  room = Number.POSITIVE_INFINITY
  private readonly lines = new Map<Session, Line>()
  private readonly timeline: Timeline
  private readonly observer: Observer
  private readonly dice: PCGRandom

  constructor(welcome: Welcome, timeline: Timeline, observer: Observer, dice: PCGRandom) {
    this.welcome = welcome
    this.timeline = timeline
    this.observer = observer
    this.dice = dice
  }

  readonly connector: Connector<Simulated> = {
    connect: (onLoss) => this.open(onLoss)
  }

  /** Whether a dial that begins now would be accepted, and a round trip answered, in time. */
  get isOpen(): boolean {
    const { connectTime, knobs, sessions } = this.observer
    const isFast =
      connectTime < knobs.connectTimeout && this.tripTime + precision < knobs.validateTimeout
    return this.welcome === "accepted" && sessions.size < this.room && isFast
  }

  /** Ends sessions that are open, from the chosen one on. */
  lose(pick: number, count: number, how: LossKind): void {
    const open = openSessions(this.observer)
    for (let i = 0; i < Math.min(count, open.length); i++) {
      const session = open[(pick + i) % open.length]
      if (session === undefined) continue
      if (how === "forgotten") session.isForgotten = true
      else if (how === "mute")
        this.timeline.arrive(0, () => {
          session.isMute = true
        })
      else this.end(session, how === "goodbye" ? goodbye : reset)
    }
  }

  /** Ends all sessions; now and then one is only reset, and does not hear why. */
  crash(): void {
    this.welcome = "refused"
    for (const session of this.observer.sessions.values()) {
      this.end(session, this.dice.integer(4) === 0 ? reset : crash)
    }
  }

  private end(session: Session, loss: Loss): void {
    const line = this.lines.get(session)
    if (line === undefined || line.end !== undefined || session.isForgotten) return
    const delay = this.dice.integer(3)
    line.end = loss
    session.endArrivesAt = this.timeline.now + delay
    this.timeline.arrive(delay, () => this.hear(session, line, loss))
  }

  /** The client reads that its session has ended. */
  private hear(session: Session, { fail, onLoss }: Line, loss: Loss): void {
    if (session.closingIn !== undefined || session.isKnownDead) return
    this.observer.lost(session, loss)
    onLoss(loss)
    fail?.(loss)
    // Who waits for a statement hears of it; who holds it between two does not.
    if (session.holder?.way !== "acquire") session.holder?.stop?.()
  }

  private open(onLoss: (loss: Loss) => void): Effect.Effect<Simulated, ConnectError> {
    return undertaking((resume) => {
      const dial = this.observer.dialBegins(this.welcome === "swallowed")
      const socket: Socket = { session: undefined }
      const land = (landing: Landing) => this.observer.dialEnds(dial, landing)
      const answered = () => {
        const refused = this.refusal()
        if (refused === undefined) {
          land({ _tag: "Accepted" })
          socket.session = this.observer.opened(dial.id)
          resume(Effect.succeed(this.connection(socket.session, onLoss)))
        } else {
          const { isFatal, provesRestart, retryAfter = 0 } = refused
          const pause = Duration.toMillis(retryAfter)
          land({ _tag: "Failed", isFatal, provesRestart, pause })
          resume(Effect.fail(refused))
        }
      }
      const time = dial.isSwallowed ? Number.POSITIVE_INFINITY : this.answerTime()
      const cancel = this.timeline.arrive(time, answered)
      return () => {
        cancel()
        land({ _tag: "Abandoned" })
        if (socket.session !== undefined) this.drop(socket.session)
      }
    })
  }

  /** A refusal is there as fast as a round trip. */
  private answerTime(): number {
    const { connectTime } = this.observer
    return this.isOpen ? connectTime : Math.min(connectTime, this.tripTime)
  }

  private refusal(): ConnectError | undefined {
    const { room, welcome } = this
    if (welcome === "accepted") {
      return this.observer.sessions.size < room ? undefined : refusal("full")
    }
    return refusal(welcome === "swallowed" ? "refused" : welcome)
  }

  private connection(session: Session, onLoss: (loss: Loss) => void): Simulated {
    const line: Line = { onLoss, fail: undefined, end: undefined }
    this.lines.set(session, line)
    return {
      session,
      isUsable: () =>
        !(session.isKnownDead || session.isMute || session.isSpoilt) &&
        session.closingIn === undefined,
      catchUp: Effect.ignore(
        this.proof(session, undefined, false, (done) =>
          this.timeline.turn(() => done(session.isKnownDead || session.isMute ? reset : undefined))
        )
      ),
      validate: Effect.flatMap(FiberRef.get(checker), (caller) =>
        this.proof(session, caller, true, (done) => this.trip(session, line, done))
      ),
      close: this.close(session)
    }
  }

  private trip(session: Session, line: Line, done: (loss: Loss | undefined) => void): () => void {
    const answer = () => {
      if (line.end !== undefined) this.hear(session, line, line.end)
      done(session.isKnownDead || session.isMute ? (line.end ?? reset) : undefined)
    }
    const cancel = this.timeline.arrive(
      session.isForgotten ? Number.POSITIVE_INFINITY : this.tripTime,
      answer
    )
    line.fail = (loss) => {
      cancel()
      done(loss)
    }
    return cancel
  }

  /** Begins something that tells whether a session is alive, and tells the observer of it. */
  private proof(
    session: Session,
    caller: Caller | undefined,
    isRoundTrip: boolean,
    begin: (done: (loss: Loss | undefined) => void) => () => void
  ): Effect.Effect<void, Loss> {
    return undertaking((resume) => {
      let isOver = false
      const end = (isGood: boolean) => {
        if (!isOver) this.observer.proofEnds(session, isGood, isRoundTrip)
        isOver = true
      }
      this.observer.proofBegins(session, caller, isRoundTrip)
      const cancel = begin((loss) => {
        end(loss === undefined)
        resume(loss === undefined ? Effect.void : Effect.fail(loss))
      })
      return () => {
        cancel()
        end(false)
      }
    })
  }

  private close(session: Session): Effect.Effect<void> {
    return undertaking((resume) => {
      this.observer.closeBegins(session)
      const cancel = this.timeline.arrive(
        session.isForgotten ? Number.POSITIVE_INFINITY : this.closeTime,
        () => {
          this.drop(session)
          resume(Effect.void)
        }
      )
      return () => {
        cancel()
        this.drop(session)
      }
    })
  }

  private drop(session: Session): void {
    const line = this.lines.get(session)
    this.lines.delete(session)
    this.observer.closed(session)
    line?.fail?.(reset)
  }
}
