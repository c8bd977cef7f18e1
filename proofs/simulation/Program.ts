import { Duration } from "effect"
import { defaults, type PoolConfig } from "../../src/pool/PoolConfig.ts"

/** The knobs of a pool, in milliseconds where they are times. */
export interface Knobs {
  readonly min: number
  readonly max: number
  readonly connectTimeout: number
  readonly acquireTimeout: number
  readonly maxWaiting: number
  readonly maxRetries: number
  readonly retryDelay: number
  readonly redialBase: number
  readonly redialCap: number
  readonly validateAfterIdle: number
  readonly validateTimeout: number
  readonly idleTimeout: number
  readonly keepalive: number
  readonly leakThreshold: number
  readonly maxLifetime: number
  readonly closeTimeout: number
  readonly lazy: boolean
}

export const configOf = ({ redialBase, redialCap, ...knobs }: Knobs): PoolConfig => ({
  ...defaults,
  min: knobs.min,
  max: knobs.max,
  maxWaiting: knobs.maxWaiting,
  maxRetries: knobs.maxRetries,
  lazy: knobs.lazy,
  redialDelay: { base: Duration.millis(redialBase), cap: Duration.millis(redialCap) },
  connectTimeout: Duration.millis(knobs.connectTimeout),
  acquireTimeout: Duration.millis(knobs.acquireTimeout),
  retryDelay: Duration.millis(knobs.retryDelay),
  validateAfterIdle: Duration.millis(knobs.validateAfterIdle),
  validateTimeout: Duration.millis(knobs.validateTimeout),
  idleTimeout: Duration.millis(knobs.idleTimeout),
  keepalive: Duration.millis(knobs.keepalive),
  leakThreshold: Duration.millis(knobs.leakThreshold),
  maxLifetime: Duration.millis(knobs.maxLifetime),
  closeTimeout: Duration.millis(knobs.closeTimeout)
})

/** How a caller borrows. */
export const ways = ["use", "acquire", "run", "check"] as const

export type Way = (typeof ways)[number]

/** How a borrower ends: `spoils` leaves the connection in a state that nobody else may have. */
export const endings = ["succeeds", "fails", "dies", "spoils"] as const

export type Ending = (typeof endings)[number]

/**
 * What a dial meets. `startingUp` is the answer that proves a restart, `swallowed` is none, `fatal`
 * says that no dial can succeed, `tooOften` and `usedUp` that none is welcome for a while.
 */
export const welcomes = [
  "accepted",
  "refused",
  "swallowed",
  "startingUp",
  "fatal",
  "tooOften",
  "usedUp"
] as const

export type Welcome = (typeof welcomes)[number]

/**
 * How a session ends. `goodbye`: the server says why. `reset`: it does not. `forgotten`: a router on
 * the way forgets it, so that nothing is ever heard of it again. `mute`: its flags know, and tell nobody.
 */
export const losses = ["goodbye", "reset", "forgotten", "mute"] as const

export type LossKind = (typeof losses)[number]

/** One thing that a caller, the server, the network or the process does. Numbers choose among many. */
export type Act =
  | {
      readonly _tag: "Borrow"
      readonly callers: number
      readonly way: Way
      /** For how long each holds its connection, unless it is told to give it back. */
      readonly hold: number
      readonly ending: Ending
    }
  | { readonly _tag: "GiveBack"; readonly pick: number }
  | { readonly _tag: "Interrupt"; readonly pick: number }
  | { readonly _tag: "Welcome"; readonly welcome: Welcome }
  | {
      readonly _tag: "Slow"
      readonly connect: number
      readonly trip: number
      /** Infinity: goodbyes are not answered. */
      readonly close: number
    }
  /** The server takes no more sessions than this. */
  | { readonly _tag: "Room"; readonly sessions: number }
  | { readonly _tag: "Lose"; readonly pick: number; readonly count: number; readonly how: LossKind }
  /** Every session ends, most with the words that prove a restart, and dials are refused. */
  | { readonly _tag: "Crash" }
  | { readonly _tag: "Recreate" }
  | { readonly _tag: "Drain" }
  | { readonly _tag: "Freeze"; readonly millis: number }
  | { readonly _tag: "Nothing" }

/** An act, and the time that passes before it. Without any, it falls among what goes on already. */
export interface Step {
  readonly after: number
  readonly act: Act
}

/** Everything that a run depends on: run twice, it is twice the same. */
export interface Program {
  /** Decides between all that can happen next. 0: whatever came first. */
  readonly interleaving: number
  readonly knobs: Knobs
  /** What the first dials meet. */
  readonly welcome: Welcome
  readonly steps: ReadonlyArray<Step>
  /** Closes the pool behind the last step, rather than after the world has been kind for a while. */
  readonly isAbrupt: boolean
}
