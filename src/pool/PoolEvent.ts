/** Why a connection was closed and forgotten. */
export type EvictionReason =
  /** Idle for longer than the idle timeout. */
  | "idle"
  /** Older than its lifetime. */
  | "lifetime"
  /** Found dead by a proof, or when it was to be lent. */
  | "invalid"
  /** Lost while idle, or no longer usable when it was given back. */
  | "broken"
  /** Opened before the pool was recreated. */
  | "generation"
  /** The pool is shutting down. */
  | "drain"

/** How many connections were evicted for each reason, where none has been. */
export const noEvictions: Readonly<Record<EvictionReason, number>> = {
  idle: 0,
  lifetime: 0,
  invalid: 0,
  broken: 0,
  generation: 0,
  drain: 0
}

/** What happened in the pool and why: the source of its log. Durations are in milliseconds. */
export type PoolEvent =
  | { readonly _tag: "Evicted"; readonly reason: EvictionReason; readonly detail: string }
  | { readonly _tag: "Invalid"; readonly detail: string }
  | { readonly _tag: "Stale" }
  /** Nothing opened so far is lent again: the server proved that it restarted, or it was asked by hand. */
  | {
      readonly _tag: "Restarted"
      readonly condemned: number
      readonly isByHand: boolean
      readonly detail: string
    }
  /** A connection was opened. */
  | { readonly _tag: "Dialed"; readonly took: number }
  /**
   * The first dial in a row failed: from now on one probe at a time looks for the server. Told again
   * where a later one in the row is the first that has to refuse callers for good.
   */
  | {
      readonly _tag: "BreakerOpened"
      readonly detail: string
      /** Callers who waited and were refused, as no dial can succeed and none is open; else 0. */
      readonly refused: number
    }
  | {
      readonly _tag: "DialFailed"
      readonly attempt: number
      /** The attempt that will be the last before the longest waiting caller's deadline. */
      readonly attempts: number
      readonly detail: string
      readonly retryIn: number
    }
  | {
      readonly _tag: "Reconnected"
      readonly attempts: number
      readonly after: number
      /** Connections that were there all the while: a server that is full refuses new ones only. */
      readonly beside: number
    }
  /**
   * The breaker is closed, although no dial has succeeded: since the last one failed nobody has needed
   * another, and the connections that are open serve.
   */
  | { readonly _tag: "Lapsed"; readonly attempts: number; readonly after: number }
  /** The queue refuses callers; told once for each time that it fills up. */
  | { readonly _tag: "QueueFull"; readonly detail: string }
  | { readonly _tag: "TimedOut"; readonly attempts: number; readonly detail: string }
  /** A connection has been held for longer than the leak threshold. */
  | { readonly _tag: "Leaked"; readonly heldFor: number; readonly holder: string }
  /** Told by the owner of the port: what it did about a failure. Not logged here. */
  | { readonly _tag: "Noted"; readonly subject: string; readonly detail: string }
