import { Duration } from "effect"

/** What kind of failure it is: the vocabulary of Effect v4's `SqlError`, completed. */
export type ReasonTag =
  | "ConnectionError"
  | "AuthenticationError"
  | "AuthorizationError"
  | "SqlSyntaxError"
  | "UniqueViolation"
  | "ConstraintError"
  | "DeadlockError"
  | "SerializationError"
  | "LockTimeoutError"
  | "StatementTimeoutError"
  | "TransactionTimeoutError"
  /** The server lacks connections, memory, disk or the like. */
  | "ResourceError"
  /** The session reached a standby, as after a failover. Nothing was executed. */
  | "ReadOnlyError"
  /** Nothing that is notified reaches the session: a pooler in transaction mode is in the way. */
  | "ListenUnsupportedError"
  | "UnknownError"

/** What is known about a failure from its code, its message and who tells of it. */
export interface Verdict {
  readonly reason: ReasonTag
  /** The same statement, or its whole transaction, may succeed later. */
  readonly isRetryable: boolean
  /** When it happens while connecting: no further try can succeed. Never together with the above. */
  readonly isFatalToConnect: boolean
  /** The session it happened on must not be used again. */
  readonly endsSession: boolean
  /** Every session opened earlier is dead as well. */
  readonly provesRestart: boolean
  /** Whoever answered so has not begun with the statement. */
  readonly hasNotBegun: boolean
  /** For how long whoever answered so to a dial should not be dialed again; absent: it does not matter. */
  readonly coolDown: Duration.Duration | undefined
}

/** A verdict whose traits are all false but those given. */
export const verdict = (reason: ReasonTag, traits: Partial<Verdict> = {}): Verdict => ({
  reason,
  isRetryable: false,
  isFatalToConnect: false,
  endsSession: false,
  provesRestart: false,
  hasNotBegun: false,
  coolDown: undefined,
  ...traits
})

/**
 * Who tells of a failure. PostgreSQL names the C function that reports (`routine`) in each of its
 * answers; proxies and poolers write answers of their own, and never do.
 * `statement`: PostgreSQL, about one statement; the session goes on. What a function raises, and
 * what `postgres_fdw` and `dblink` relay from another server, looks the same as what it says itself.
 * `session`: PostgreSQL, about the session, which ends. `proxy`: somebody in between.
 * `client`: the driver or Node.js.
 */
export type Teller = "statement" | "session" | "proxy" | "client"

/** A row of the table: whom it is about, and what it says of them. */
export interface Rule extends Verdict {
  /** SQLSTATE or its two-character class, errno or code of Node.js; `""` is an error without one. */
  readonly codes: ReadonlyArray<string>
  /** Absent: any message. */
  readonly message?: RegExp
  /** Absent: anybody. */
  readonly teller?: Teller
}

/** The session is gone, or was never had; another one may do. */
export const lost = verdict("ConnectionError", { isRetryable: true, endsSession: true })
export const refused = verdict("AuthenticationError", { isFatalToConnect: true, endsSession: true })
export const forbidden = verdict("AuthorizationError", {
  isFatalToConnect: true,
  endsSession: true
})
export const misconfigured = verdict("ConnectionError", {
  isFatalToConnect: true,
  endsSession: true
})
/** It passes when others are done. */
export const exhausted = verdict("ResourceError", { isRetryable: true })
/** It counts how often it is asked: a bucket that is empty needs seconds to have a token again. */
export const rateLimited = verdict("ResourceError", {
  isRetryable: true,
  endsSession: true,
  coolDown: Duration.seconds(5)
})
/** A plan, a bill or a month has to change first. */
export const overQuota = verdict("ResourceError", {
  isFatalToConnect: true,
  endsSession: true,
  coolDown: Duration.minutes(1)
})
export const tooSlow = verdict("StatementTimeoutError", { isRetryable: true, endsSession: true })

/** Matches a message that has one of these phrases in it, each a regular expression of its own. */
export const saying = (...phrases: ReadonlyArray<string>): RegExp =>
  new RegExp(phrases.join("|"), "i")
