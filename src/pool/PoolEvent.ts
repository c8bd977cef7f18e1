/** Why a connection was closed and forgotten. */
export type EvictionReason =
  /** Idle for longer than the idle timeout. */
  | "idle"
  /** Older than its lifetime. */
  | "lifetime"
  /** Found dead when it was to be lent. */
  | "invalid"
  /** Lost while idle, or no longer usable when it was given back. */
  | "broken"
  /** Opened before the pool was recreated. */
  | "generation"
  /** The pool is shutting down. */
  | "drain"

/** What happened in the pool and why: the source of its log. Durations are in milliseconds. */
export type PoolEvent =
  | { readonly _tag: "Evicted"; readonly reason: EvictionReason; readonly detail: string }
  | { readonly _tag: "Invalid"; readonly detail: string }
  | { readonly _tag: "Stale" }
  | { readonly _tag: "Restarted"; readonly condemned: number; readonly detail: string }
  | {
      readonly _tag: "DialFailed"
      readonly attempt: number
      /** The attempt that will be the last before the longest waiting caller's deadline. */
      readonly attempts: number
      readonly detail: string
      readonly retryIn: number
    }
  | { readonly _tag: "Reconnected"; readonly attempts: number; readonly after: number }
  | { readonly _tag: "TimedOut"; readonly attempts: number; readonly detail: string }
