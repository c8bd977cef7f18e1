import type { Occurrence, PoolEvent } from "../pool/index.ts"

/** Something that went wrong in the pool, from its first sign to its end. Times are milliseconds since the epoch. */
export interface Incident {
  readonly id: number
  readonly startedAt: number
  /** When something last belonged to it. */
  readonly lastAt: number
  /** When a connection could be opened again; undefined: not yet, or nothing had to be. */
  readonly recoveredAt: number | undefined
  /** Nothing more can belong to it. */
  readonly isOver: boolean
  /** Worst of all that was seen; see {@link Trouble}. */
  readonly trouble: Trouble
  /** What a connection said of why, as a clause without secrets. */
  readonly reason: string | undefined
  readonly counts: Counts
}

/** What an incident was, from the least to the worst. */
export const troubles = [
  "replayed",
  "commitInDoubt",
  "heldTooLong",
  "connectionsLost",
  "callersRefused",
  "queueFull",
  "recreated",
  "unreachable",
  "restarted"
] as const

export type Trouble = (typeof troubles)[number]

/** What is counted in an incident, in the order in which it is told. */
export const countNames = [
  "condemned",
  "lost",
  "failedDials",
  "replayed",
  "committed",
  "notCommitted",
  "refused",
  "heldTooLong"
] as const

/** How often each happened. */
export type Counts = Readonly<Record<(typeof countNames)[number], number>>

/** Each count as its name says. */
export const countsOf = (count: (name: keyof Counts) => number): Counts =>
  Object.fromEntries(countNames.map((name) => [name, count(name)])) as Counts

/** Nothing happened. */
export const noCounts = countsOf(() => 0)

/** What one event means for an incident. */
export interface Sign {
  readonly trouble: Trouble
  readonly counts: Partial<Counts>
  readonly reason?: string
  /** Dials are forbidden or fail, so only a connection that is opened ends it, or that none is needed. */
  readonly needsDial?: boolean
}

/** By the subjects that sql/ notes; see `sql/statement/Recovery.ts`. */
const noted = (subject: string): Sign | undefined => {
  switch (subject) {
    case "Replayed":
      return { trouble: "replayed", counts: { replayed: 1 } }
    case "CommitConfirmed":
      return { trouble: "commitInDoubt", counts: { committed: 1 } }
    case "CommitUnconfirmed":
      return { trouble: "commitInDoubt", counts: { notCommitted: 1 } }
    default:
      return undefined
  }
}

/** What an event says of trouble; undefined: nothing, as of housekeeping. */
export const signOf = (event: PoolEvent): Sign | undefined => {
  switch (event._tag) {
    case "Restarted":
      return {
        trouble: event.isByHand ? "recreated" : "restarted",
        counts: { condemned: event.condemned },
        reason: event.detail
      }
    case "Evicted":
      return event.reason === "invalid" || event.reason === "broken"
        ? { trouble: "connectionsLost", counts: { lost: 1 }, reason: event.detail }
        : undefined
    case "BreakerOpened": {
      const counts = event.refused > 0 ? { refused: 1 } : {}
      return { trouble: "unreachable", counts, reason: event.detail, needsDial: true }
    }
    case "DialFailed":
      return {
        trouble: "unreachable",
        counts: { failedDials: 1 },
        reason: event.detail,
        needsDial: true
      }
    case "QueueFull":
      return { trouble: "queueFull", counts: {}, reason: event.detail }
    case "TimedOut":
      return { trouble: "callersRefused", counts: { refused: 1 }, reason: event.detail }
    case "Leaked":
      return { trouble: "heldTooLong", counts: { heldTooLong: 1 }, reason: `by ${event.holder}` }
    case "Noted":
      return noted(event.subject)
    // An eviction follows, which is counted.
    case "Invalid":
    case "Stale":
    case "Dialed":
    case "Reconnected":
    case "Lapsed":
      return undefined
  }
}

/** Whether an event is a connection that could be opened. */
export const isRecovery = ({ event }: Occurrence): boolean =>
  event._tag === "Dialed" || event._tag === "Reconnected"
