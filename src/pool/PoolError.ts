import { Data, type Duration } from "effect"

/**
 * A connection could not be opened.
 *
 * `isFatal` says that trying again can't help: a wrong password, an unknown database, a bad
 * address or certificate. `cause` is the driver's own error.
 */
export class ConnectError extends Data.TaggedError("ConnectError")<{
  readonly message: string
  readonly isFatal: boolean
  /** True when the answer proves that the server restarted: see `Loss.provesRestart`. */
  readonly provesRestart: boolean
  /** For how long the server asks not to be dialed again: a quota is used up, a rate exceeded. */
  readonly retryAfter?: Duration.Duration | undefined
  readonly cause?: unknown
}> {}

/**
 * No connection could be had before the caller's deadline, or can be: then it is said at once.
 * Nothing was sent.
 *
 * The message is the diagnosis: how long, the pool's counters, the last failure, what to do.
 */
export class AcquireTimeout extends Data.TaggedError("AcquireTimeout")<{
  readonly message: string
  /** When it makes sense to ask again. */
  readonly retryAfter: Duration.Duration
}> {}

/**
 * As many callers wait as may. Nothing was sent.
 *
 * The message is the diagnosis, as that of {@link AcquireTimeout}.
 */
export class QueueFull extends Data.TaggedError("QueueFull")<{
  readonly message: string
  /** When it makes sense to ask again. */
  readonly retryAfter: Duration.Duration
}> {}

/** The pool is shutting down and lends no more connections. Nothing was sent. */
export class PoolClosed extends Data.TaggedError("PoolClosed")<{
  readonly message: string
}> {}

/** What a caller who asks for a connection can meet. */
export type AcquireError = AcquireTimeout | ConnectError | PoolClosed | QueueFull

/** How many callers were refused with each error, where none has been. */
export const noRefusals: Readonly<Record<AcquireError["_tag"], number>> = {
  AcquireTimeout: 0,
  ConnectError: 0,
  PoolClosed: 0,
  QueueFull: 0
}
