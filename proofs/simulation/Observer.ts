import type { Exit } from "effect"
import type { Loss } from "../../src/pool/Connection.ts"
import { everyAnswerIsTyped } from "./Answering.ts"
import {
  nobodyDialsUnasked,
  nothingGoodIsClosed,
  nothingIsSentUnasked,
  oneProbeAtATime
} from "./Dialing.ts"
import { always } from "./Invariants.ts"
import { nothingEvictedIsLent, nothingUnprovenIsLent, oneBorrowerEach } from "./Lending.ts"
import type { Knobs, Way } from "./Program.ts"
import type { Timeline } from "./Timeline.ts"
import { type Broken, Violation } from "./Violation.ts"
import {
  type Burst,
  type Caller,
  type Dial,
  type Failing,
  newCaller,
  newSession,
  overtakenAfter,
  precision,
  type Session,
  type World,
  waiting
} from "./World.ts"

/** How a dial ended. */
export type Landing =
  | { readonly _tag: "Accepted" }
  | { readonly _tag: "Failed"; readonly isFatal: boolean; readonly provesRestart: boolean }
  /** The pool gave it up. */
  | { readonly _tag: "Abandoned" }

/**
 * Watches the pool from outside: from the server, from the network, and from its callers. It keeps
 * the first violation, because an exception would be lost in the pool's own handling of failures.
 */
export class Observer implements World {
  readonly knobs: Knobs
  readonly sessions = new Map<number, Session>()
  readonly callers = new Set<Caller>()
  readonly dials = new Set<Dial>()
  burst: Burst = 0
  failing: Failing | undefined
  wantedIn: Burst = -1
  refutedIn: Burst = -1
  fatalIn: Burst = -1
  excusedIn: Burst = -1
  overtakenIn: Burst = -1
  isClosing = false
  openSince = 0
  firstSince = 0
  connectTime = 1
  violation: Violation | undefined
  /** Dials that opening the minimum may still begin beside those for callers. */
  warmUps: number
  /** What happened, for whoever wants to read it. */
  readonly tell: (line: string) => void
  private readonly timeline: Timeline
  private asked = 0
  private first: Caller | undefined
  private dialed = 0

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

  /** All fibers rest: whatever must hold then is looked at. */
  rest(): void {
    const first = waiting(this)[0]
    if (first !== this.first) this.firstSince = this.now
    this.first = first
    for (const invariant of always) this.demand(invariant, undefined)
    this.burst += 1
    if (first !== undefined) this.wantedIn = this.burst
  }

  asks(way: Way): Caller {
    const caller = newCaller(this.asked++, way, this)
    this.callers.add(caller)
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
    session.holder = caller
    session.lentIn = this.burst
    session.usedBefore = session.usedIn
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
    const isForCallers =
      oneProbeAtATime(this) === undefined && nobodyDialsUnasked(this) === undefined
    if (isForCallers || this.warmUps === 0) {
      this.demand(oneProbeAtATime, undefined)
      this.demand(nobodyDialsUnasked, undefined)
    } else this.warmUps -= 1
    const dial = { id: this.dialed++, beganAt: this.now, isSwallowed }
    this.tell(`dial ${dial.id} begins`)
    this.dials.add(dial)
    return dial
  }

  dialEnds(dial: Dial, landing: Landing): void {
    if (!this.dials.delete(dial)) return
    this.tell(`dial ${dial.id} ends: ${landing._tag}`)
    if (landing._tag === "Accepted") {
      this.failing = undefined
      return
    }
    if (landing._tag === "Failed") {
      if (landing.isFatal) this.fatalIn = this.burst
      if (landing.provesRestart) this.condemn()
    }
    const { failing, now } = this
    const isAbandoned = landing._tag === "Abandoned"
    if (isAbandoned && now - dial.beganAt >= overtakenAfter) this.overtakenIn = this.burst
    const isOvertaken = isAbandoned && now - dial.beganAt < this.knobs.connectTimeout - precision
    if (isOvertaken || (failing !== undefined && dial.beganAt < failing.since)) return
    this.failing = {
      failures: (failing?.failures ?? 0) + 1,
      since: failing?.since ?? now,
      lastAt: now
    }
  }

  opened(id: number): Session {
    const session = newSession(id, this.now, this.burst)
    this.sessions.set(id, session)
    return session
  }

  /** A round trip or a turn to prove it begins; by whom, if it is a caller who checks. */
  proofBegins(session: Session, checker: Caller | undefined, isRoundTrip: boolean): void {
    this.tell(`session ${session.id} is proven by a ${isRoundTrip ? "round trip" : "turn"}`)
    if (checker !== undefined) this.lent(checker, session)
    if (isRoundTrip) this.demand(nothingIsSentUnasked, session)
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
    if (this.warmUps > 0) this.warmUps += 1
    if (loss.provesRestart) this.condemn()
  }

  closeBegins(session: Session): void {
    this.tell(`session ${session.id} is closed`)
    this.demand(nothingGoodIsClosed, session)
    session.closingIn = this.burst
  }

  closed(session: Session): void {
    this.sessions.delete(session.id)
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
    session.usedIn = this.burst
  }

  /** A caller was interrupted, who may have had any of those at rest for no time. */
  private mayHaveHad(): void {
    for (const session of this.sessions.values()) {
      if (session.holder !== undefined) continue
      // Which was used last nobody can tell any more.
      session.usedIn = this.burst
      if (session.proofs > 0) continue
      session.restedIn = this.burst
      if (this.now - session.goodAt < this.knobs.validateAfterIdle) session.goodAt = this.now
    }
  }
}
