import type { Fiber } from "effect"
import type { Accepted, Dial, Failing } from "./DialWatch.ts"
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
  /** As late as it may have been given back: one may have had it who was interrupted. */
  usedUntil: Instant
  /** When it was opened or proven last. */
  assuredIn: Burst
  /** When it became idle last. */
  restedIn: Burst
  /** When it was taken out of the idle ones last, and what it was until then. */
  takenIn: Burst
  takenFrom: { readonly usedUntil: Instant; readonly restedIn: Burst }
  lentAt: Instant
  /** The pool has said that it is held too long. */
  isToldOf: boolean
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
  /** When the last of them began. */
  readonly dialedAt: Instant
  readonly failing: Failing | undefined
  /** The pool may count the row of failures as over, because nobody has needed a dial since. */
  readonly mayHaveLapsed: boolean
  /** The last burst in which somebody waited. */
  readonly wantedIn: Burst
  /** The last burst in which a proof failed. */
  readonly refutedIn: Burst
  /** The last burst in which a dial was told that none can succeed, while no session was open. */
  readonly fatalIn: Burst
  /** The last burst in which all sessions opened so far were condemned. */
  readonly excusedIn: Burst
  /** The last burst in which a dial was given up that was old enough, and another begun in its place. */
  readonly overtakenIn: Burst
  /** The last dial that was accepted. */
  readonly accepted: Accepted | undefined
  /** The most dials at once that the pool may have thought allowed at any moment of this burst. */
  readonly widest: number
  /** The most callers that may have waited at any moment of this burst. */
  readonly crowd: number
  /** How long the last of them will wait, by how fast those before were served; 0: nobody can tell. */
  readonly foreseenWait: number
  readonly isClosing: boolean
  /** The burst in which the pool was told to end. */
  readonly closingIn: Burst
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
  usedUntil: now,
  assuredIn: burst,
  restedIn: burst,
  takenIn: -1,
  takenFrom: { usedUntil: now, restedIn: burst },
  lentAt: now,
  isToldOf: false
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
export const openSessions = ({ sessions }: Pick<World, "sessions">): ReadonlyArray<Session> =>
  [...sessions.values()].filter(({ closingIn }) => closingIn === undefined)

export const waiting = ({ callers }: Pick<World, "callers">): ReadonlyArray<Caller> =>
  [...callers].filter(({ phase }) => phase === "asking")

/** Nobody has it, and nobody looks at it. */
export const isResting = ({ closingIn, holder, proofs }: Session): boolean =>
  closingIn === undefined && holder === undefined && proofs === 0

/** A dial without an answer for so long may be overtaken by one other. */
export const overtakenAfter = 750
