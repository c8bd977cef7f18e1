import { HashMap, List, Option, SortedMap } from "effect"
import * as Order from "effect/Order"
import type { Backoff } from "./Backoff.ts"

/** Milliseconds on a clock that never goes back; only differences mean anything. */
export type Instant = number

/** One connection in one of its phases; the connection itself is the shell's. */
export interface Member {
  readonly id: number
  readonly generation: number
  /**
   * `connecting`: being opened. `proving`: being validated before it is lent. `idle`: ready.
   * `active`: with its one borrower.
   */
  readonly phase: "connecting" | "proving" | "idle" | "active"
  /** Proving because a sibling was found dead, not because somebody is about to get it. */
  readonly suspect: boolean
  /**
   * When it was last known to be good: connected, proven by a round trip, or given back. While
   * connecting: when the dial began.
   */
  readonly goodAt: Instant
  readonly retireAt: Instant
}

/** A caller in the queue. */
export interface Waiter {
  readonly ticket: number
  readonly since: Instant
  readonly deadline: Instant
  /** `State.failures` when it came: the difference is how many tries failed while it waited. */
  readonly failuresBefore: number
}

/** How dialing stands: freely, or one probe at a time since the first failure in a row. */
export type Dialing =
  | { readonly _tag: "Ready" }
  | {
      readonly _tag: "Failing"
      readonly failures: number
      readonly since: Instant
      readonly nextDialAt: Instant
      readonly lastFailure: string
    }

/** The knobs that the machine itself needs, in milliseconds. */
export interface Limits {
  readonly min: number
  readonly max: number
  readonly acquireTimeout: number
  readonly redialDelay: Backoff
  readonly validateAfterIdle: number
  readonly idleTimeout: number
}

/** Everything the pool knows, as plain data. */
export interface State {
  readonly limits: Limits
  readonly closed: boolean
  readonly generation: number
  readonly nextId: number
  readonly members: HashMap.HashMap<number, Member>
  /** Ids of idle members, the most recently used first, so that a surplus can retire. */
  readonly idle: List.List<number>
  /** By ticket, so the first is the longest waiting, also after it was put back. */
  readonly waiting: SortedMap.SortedMap<number, Waiter>
  readonly counts: Readonly<Record<Member["phase"], number>>
  readonly suspects: number
  readonly dialing: Dialing
  /** The last loss that nobody has met yet: told when a new connection is opened because of it. */
  readonly unmetLoss: string | undefined
  /** No idle connection needs to be looked at before. */
  readonly reapAt: Instant
  /** Dials and validations that failed since the pool was built. */
  readonly failures: number
  readonly lastError: string | undefined
}

/** A pool without connections. */
export const empty = (limits: Limits): State => ({
  limits,
  closed: false,
  generation: 0,
  nextId: 0,
  members: HashMap.empty(),
  idle: List.nil(),
  waiting: SortedMap.empty(Order.number),
  counts: { connecting: 0, proving: 0, idle: 0, active: 0 },
  suspects: 0,
  dialing: { _tag: "Ready" },
  unmetLoss: undefined,
  reapAt: Number.POSITIVE_INFINITY,
  failures: 0,
  lastError: undefined
})

/** Connections that exist or are being opened. */
export const total = ({ counts }: State): number =>
  counts.connecting + counts.proving + counts.idle + counts.active

/** The longest waiting caller. Asked several times in each step, so without an iterator. */
export const firstWaiter = (state: State): Waiter | undefined => {
  const first = SortedMap.headOption(state.waiting)
  return Option.isSome(first) ? first.value[1] : undefined
}

/** Remembers a failed dial or validation. */
export const failed = (state: State, message: string): State => ({
  ...state,
  failures: state.failures + 1,
  lastError: message
})

/** When the machine next needs a tick; infinity when only an event can change anything. */
export const due = (state: State): Instant => {
  const waiter = firstWaiter(state)
  if (waiter === undefined) return state.reapAt
  const probe =
    state.dialing._tag === "Failing" && state.counts.connecting === 0
      ? state.dialing.nextDialAt
      : Number.POSITIVE_INFINITY
  return Math.min(state.reapAt, waiter.deadline, probe)
}

/** The counters as they stand in messages. */
export const describe = (state: State): string => {
  const { active, connecting, idle, proving } = state.counts
  const waiting = SortedMap.size(state.waiting)
  return `total ${total(state)} of ${state.limits.max}, idle ${idle}, active ${active + proving}, connecting ${connecting}, waiting ${waiting}`
}
