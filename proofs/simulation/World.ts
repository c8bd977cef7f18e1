import type { Fiber } from "effect"
import type { Knobs, Way } from "./Program.ts"
import type { Instant } from "./Timeline.ts"

/** One session, as the network sees it. */
export interface Session {
  readonly id: number
  readonly openedAt: Instant
  readonly openedIn: Burst
  /** Who has it, as far as is known. */
  holder: Caller | undefined
  /** When its end, sent by the server, is there to be read. */
  endArrivesAt: Instant
  /** The client has been told of its end. */
  isKnownDead: boolean
  isForgotten: boolean
  /** Its flags say that it has ended, and nobody has told the pool. */
  isMute: boolean
  /** Its last borrower left it unusable. */
  isSpoilt: boolean
  /** A proof of it failed, or had no answer. */
  isRefuted: boolean
  /** Round trips and turns under way to prove it, whoever wanted to know. */
  proofs: number
  /** When the pool began to close it. */
  closingIn: Burst | undefined
  /** Since when it must not be lent, because it is of an older generation. */
  condemnedIn: Burst | undefined
  /** When it was last known to be good: opened, proven by a round trip, or back from a short use. */
  goodAt: Instant
  /** When it was opened or given back last: a proof is no use of it. */
  usedAt: Instant
  usedIn: Burst
  /** When it was opened or proven last. */
  assuredIn: Burst
  /** When it became idle last. */
  restedIn: Burst
  /** When it was lent last, and when it had been used before that. */
  lentIn: Burst
  usedBefore: Burst
}

/**
 * Everything that happens between two rests of all fibers: what is within one has no order that could
 * be told from outside.
 */
export type Burst = number

/** Somebody who asked for a connection, until there is an answer and the connection is back. */
export interface Caller {
  readonly id: number
  readonly way: Way
  readonly askedAt: Instant
  readonly askedIn: Burst
  readonly deadline: Instant
  phase: "asking" | "holding" | "back"
  session: Session | undefined
  servedIn: Burst | undefined
  isInterrupted: boolean
  fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
  /** Ends what it does with its connection. */
  stop: (() => void) | undefined
}

export interface Dial {
  readonly id: number
  readonly beganAt: Instant
  /** The network swallowed it: it will never be answered. */
  isSwallowed: boolean
}

/** Dials that failed in a row: those under way together count as one. */
export interface Failing {
  readonly failures: number
  readonly since: Instant
  readonly lastAt: Instant
}

/** What an observer outside of the pool knows at one moment. */
export interface World {
  readonly knobs: Knobs
  readonly now: Instant
  readonly thawedAt: Instant
  readonly burst: Burst
  /** Open, as far as the server knows; also those that are being closed. */
  readonly sessions: ReadonlyMap<number, Session>
  /** Those without an answer, and those who hold a connection; in the order in which they asked. */
  readonly callers: ReadonlySet<Caller>
  readonly dials: ReadonlySet<Dial>
  readonly failing: Failing | undefined
  /** The last burst in which somebody waited. */
  readonly wantedIn: Burst
  /** The last burst in which a proof failed. */
  readonly refutedIn: Burst
  /** The last burst in which a dial was told that none can succeed. */
  readonly fatalIn: Burst
  /** The last burst in which all sessions opened so far were condemned. */
  readonly excusedIn: Burst
  /** When a dial ended that was old enough to be overtaken: it may have been, or have had its time. */
  readonly overtakenIn: Burst
  readonly isClosing: boolean
  /** Since when nothing but the pool itself stands between a caller and a connection. */
  readonly openSince: Instant
  /** Since when whoever is first in the queue has been first. */
  readonly firstSince: Instant
  /** How long the server takes to open a session at present. */
  readonly connectTime: number
}

/** A session that has just been opened. */
export const newSession = (id: number, now: Instant, burst: Burst): Session => ({
  id,
  openedAt: now,
  openedIn: burst,
  holder: undefined,
  endArrivesAt: Number.POSITIVE_INFINITY,
  isKnownDead: false,
  isForgotten: false,
  isMute: false,
  isSpoilt: false,
  isRefuted: false,
  proofs: 0,
  closingIn: undefined,
  condemnedIn: undefined,
  goodAt: now,
  usedAt: now,
  usedIn: burst,
  assuredIn: burst,
  restedIn: burst,
  lentIn: -1,
  usedBefore: -1
})

/** Somebody who has just asked. */
export const newCaller = (id: number, way: Way, { burst, knobs, now }: World): Caller => ({
  id,
  way,
  askedAt: now,
  askedIn: burst,
  deadline: now + knobs.acquireTimeout,
  phase: "asking",
  session: undefined,
  servedIn: undefined,
  isInterrupted: false,
  fiber: undefined,
  stop: undefined
})

/** How early or late a timer may be: it rings by whole milliseconds, and up to one late. */
export const precision = 2

/** Two differences of the same instants may differ by this: a clock has whole nanoseconds. */
export const rounding = 1e-5

/** Sessions of this client that count: not those it has said goodbye to. */
export const openSessions = ({ sessions }: World): ReadonlyArray<Session> =>
  [...sessions.values()].filter(({ closingIn }) => closingIn === undefined)

export const waiting = ({ callers }: World): ReadonlyArray<Caller> =>
  [...callers].filter(({ phase }) => phase === "asking")

/** Nobody has it, and nobody looks at it. */
export const isResting = ({ closingIn, holder, proofs }: Session): boolean =>
  closingIn === undefined && holder === undefined && proofs === 0

/** A dial without an answer for so long may be overtaken by one other. */
export const overtakenAfter = 750
