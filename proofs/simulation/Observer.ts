import type { Exit } from "effect"
import type { Loss } from "../../src/pool/Connection.ts"
import type { PoolEvent } from "../../src/pool/PoolEvent.ts"
import { everyAnswerIsTyped } from "./Answering.ts"
import {
  dialsKeepTheirDistance,
  nobodyDialsUnasked,
  noMoreDialsThanTheRamp,
  nothingGoodIsClosed,
  nothingIsSentUnasked
} from "./Dialing.ts"
import { type Accepted, type Dial, DialWatch, type Failing, type Landing } from "./DialWatch.ts"
import { always } from "./Invariants.ts"
import { nothingEvictedIsLent, nothingUnprovenIsLent, oneBorrowerEach } from "./Lending.ts"
import type { Knobs, Way } from "./Program.ts"
import { QueueWatch } from "./QueueWatch.ts"
import { leaking, onlyLeaksAreToldOf, theGivenUpAreToldOnceASecond } from "./Telling.ts"
import type { Timeline } from "./Timeline.ts"
import { type Broken, Violation } from "./Violation.ts"
import {
  type Burst,
  type Caller,
  isResting,
  newCaller,
  newSession,
  openSessions,
  rounding,
  type Session,
  type World,
  waiting
} from "./World.ts"

/**
 * Watches the pool from outside: from the server, from the network, and from its callers. It keeps
 * the first violation, because an exception would be lost in the pool's own handling of failures.
 */
export class Observer implements World {
  readonly knobs: Knobs
  readonly sessions = new Map<number, Session>()
  readonly callers = new Set<Caller>()
  burst: Burst = 0
  wantedIn: Burst = -1
  refutedIn: Burst = -1
  fatalIn: Burst = -1
  excusedIn: Burst = -1
  isClosing = false
  closingIn: Burst = -1
  openSince = 0
  firstSince = 0
  connectTime = 1
  violation: Violation | undefined
  /** Dials that opening the minimum may still begin beside those for callers; undefined when it is over. */
  warmUps: number | undefined
  /** What happened, for whoever wants to read it. */
  readonly tell: (line: string) => void
  private readonly timeline: Timeline
  private readonly dialing = new DialWatch(this)
  private readonly queue = new QueueWatch()
  private asked = 0
  private first: Caller | undefined
  private toldOfGivenUpAt = Number.NEGATIVE_INFINITY

  constructor(knobs: Knobs, timeline: Timeline, tell: (line: string) => void) {
    this.knobs = knobs
    this.timeline = timeline
    this.tell = tell
    this.warmUps = knobs.min * (knobs.maxRetries + 1)
  }

  get now(): number {
    return this.timeline.now
  }

  get thawedAt(): number {
    return this.timeline.thawedAt
  }

  get dials(): ReadonlySet<Dial> {
    return this.dialing.dials
  }

  get dialedAt(): number {
    return this.dialing.dialedAt
  }

  get failing(): Failing | undefined {
    return this.dialing.failing
  }

  get mayHaveLapsed(): boolean {
    return this.dialing.mayHaveLapsed
  }

  get overtakenIn(): Burst {
    return this.dialing.overtakenIn
  }

  get accepted(): Accepted | undefined {
    return this.dialing.accepted
  }

  get widest(): number {
    return this.dialing.widest
  }

  get crowd(): number {
    return this.queue.crowd
  }

  get foreseenWait(): number {
    return this.queue.wait
  }

  /** All fibers rest: whatever must hold then is looked at. */
  rest(): void {
    const callers = waiting(this)
    const [first] = callers
    if (first !== this.first) this.firstSince = this.now
    this.first = first
    for (const invariant of always) this.demand(invariant, undefined)
    this.burst += 1
    this.dialing.rest()
    this.queue.rest(callers.length)
    if (first !== undefined) this.wantedIn = this.burst
  }

  /** Time may have passed. */
  passes(): void {
    this.dialing.lapse()
  }

  asks(way: Way): Caller {
    const caller = newCaller(this.asked++, way, this)
    this.callers.add(caller)
    this.queue.asks()
    this.wantedIn = this.burst
    this.tell(`caller ${caller.id} asks (${way})`)
    return caller
  }

  lent(caller: Caller, session: Session): void {
    this.tell(`caller ${caller.id} has session ${session.id}`)
    const { holder } = session
    // Interrupted before it began to use it, it could not say that it has given it back.
    if (holder?.isInterrupted && holder.stop === undefined) this.gaveBack(holder)
    this.demand(oneBorrowerEach, session)
    this.demand(nothingEvictedIsLent, session)
    this.demand(nothingUnprovenIsLent, session)
    caller.phase = "holding"
    caller.session = session
    caller.servedIn = this.burst
    this.queue.served(this.now)
    this.taken(session)
    session.holder = caller
    session.lentAt = this.now
    session.isToldOf = false
  }

  gaveBack(caller: Caller): void {
    const { session } = caller
    if (caller.phase !== "holding" || session === undefined) return
    this.tell(`caller ${caller.id} gives session ${session.id} back`)
    caller.phase = "back"
    session.holder = undefined
    this.used(session)
    if (this.now - session.goodAt < this.knobs.validateAfterIdle) session.goodAt = this.now
  }

  answered(caller: Caller, exit: Exit.Exit<unknown, unknown>): void {
    this.tell(`caller ${caller.id} ends: ${exit._tag}`)
    this.gaveBack(caller)
    if (caller.servedIn === undefined && caller.isInterrupted) this.mayHaveHad()
    this.demand(everyAnswerIsTyped, { caller, exit })
    caller.phase = "back"
    this.callers.delete(caller)
  }

  dialBegins(isSwallowed: boolean): Dial {
    this.dialing.reconsider()
    this.demand(noMoreDialsThanTheRamp, undefined)
    const isForCallers =
      dialsKeepTheirDistance(this) === undefined && nobodyDialsUnasked(this) === undefined
    if (isForCallers || !this.warmUps) {
      this.demand(dialsKeepTheirDistance, undefined)
      this.demand(nobodyDialsUnasked, undefined)
    } else this.warmUps -= 1
    const dial = this.dialing.begin(isSwallowed)
    this.tell(`dial ${dial.id} begins`)
    return dial
  }

  dialEnds(dial: Dial, landing: Landing): void {
    if (!this.dials.has(dial)) return
    this.tell(`dial ${dial.id} ends: ${landing._tag}`)
    this.dialing.end(dial, landing)
    if (landing._tag !== "Failed") return
    if (landing.isFatal && openSessions(this).length === 0) this.fatalIn = this.burst
    if (landing.provesRestart) this.condemn()
  }

  opened(id: number): Session {
    const session = newSession(id, this.now, this.burst)
    this.sessions.set(id, session)
    this.dialing.widen()
    return session
  }

  /** A round trip or a turn to prove it begins; by whom, if it is a caller who checks. */
  proofBegins(session: Session, checker: Caller | undefined, isRoundTrip: boolean): void {
    this.tell(`session ${session.id} is proven by a ${isRoundTrip ? "round trip" : "turn"}`)
    if (checker !== undefined) this.lent(checker, session)
    if (isRoundTrip) this.demand(nothingIsSentUnasked, session)
    this.taken(session)
    session.proofs += 1
  }

  proofEnds(session: Session, isGood: boolean, isRoundTrip: boolean): void {
    this.tell(`session ${session.id} is ${isGood ? "good" : "not good"}`)
    session.proofs -= 1
    session.restedIn = this.burst
    if (!isGood) {
      session.isRefuted = true
      this.refutedIn = this.burst
      return
    }
    session.assuredIn = this.burst
    const { holder } = session
    if (holder !== undefined) this.gaveBack(holder)
    else if (isRoundTrip) session.goodAt = this.now
  }

  /** The client is told that a session has ended. */
  lost(session: Session, loss: Loss): void {
    this.tell(`session ${session.id} ends: ${loss.message}`)
    session.isKnownDead = true
    if (loss.provesRestart) this.condemn()
  }

  closeBegins(session: Session): void {
    this.tell(`session ${session.id} is closed`)
    this.demand(nothingGoodIsClosed, session)
    session.closingIn = this.burst
    // It was to be lent, and that counts for the pace of the queue.
    if (session.isMute || session.isKnownDead) this.queue.doubt()
  }

  closed(session: Session): void {
    this.sessions.delete(session.id)
  }

  /** The pool is told to end: whatever is open may be closed. */
  closes(): void {
    if (!this.isClosing) this.closingIn = this.burst
    this.isClosing = true
  }

  /** The pool tells of something. */
  heard(event: PoolEvent): void {
    if (event._tag === "Leaked") {
      this.demand(onlyLeaksAreToldOf, event.heldFor)
      const session = leaking(this, event.heldFor)
      if (session !== undefined) session.isToldOf = true
    }
    if (event._tag === "TimedOut") {
      this.demand(theGivenUpAreToldOnceASecond, this.toldOfGivenUpAt)
      this.toldOfGivenUpAt = this.now
    }
  }

  /** Every session opened so far may be closed. */
  excuse(): void {
    this.excusedIn = this.burst
  }

  /** No session opened before this burst may be lent again. */
  condemn(): void {
    this.excuse()
    for (const session of this.sessions.values()) {
      if (session.openedIn < this.burst) session.condemnedIn ??= this.burst
    }
  }

  /** Remembers the first invariant that is broken, by the name of its function. */
  demand<A>(invariant: (world: World, about: A) => Broken, about: A): void {
    if (this.violation !== undefined) return
    const broken = invariant(this, about)
    if (broken === undefined) return
    this.violation = new Violation(invariant.name, broken, this.now)
    this.tell(this.violation.message)
  }

  private used(session: Session): void {
    session.restedIn = this.burst
    session.usedAt = this.now
    session.usedUntil = this.now
  }

  /** It is lent or proven, and was idle before: in this burst it neither came to rest nor was refuted. */
  private taken(session: Session): void {
    const { burst, knobs, now } = this
    // To keep one alive, or because a sibling was found dead, it is taken wherever it stands.
    const isForCaller = this.refutedIn < burst && now - session.goodAt < knobs.keepalive - rounding
    if (!isResting(session) || session.restedIn === burst || !isForCaller) return
    session.takenIn = burst
    session.takenFrom = { usedUntil: session.usedUntil, restedIn: session.restedIn }
  }

  /** A caller was interrupted, who may have had any of those at rest for no time. */
  private mayHaveHad(): void {
    this.queue.doubt()
    for (const session of this.sessions.values()) {
      if (session.holder !== undefined) continue
      // Which was used last nobody can tell any more.
      session.usedUntil = this.now
      if (session.proofs > 0) continue
      session.restedIn = this.burst
      if (this.now - session.goodAt < this.knobs.validateAfterIdle) session.goodAt = this.now
    }
  }
}
