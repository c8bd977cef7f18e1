import { SqlError } from "@effect/sql/SqlError"
import { Duration, Option } from "effect"
import type { AcquireError } from "../../pool/PoolError.ts"
import { firstWord } from "../session/FirstWord.ts"
import { chainOf, property } from "./CauseChain.ts"
import { classify, describe, rootOf, tellerOf } from "./classify.ts"
import { isOfStatement } from "./Severity.ts"
import type { ReasonTag, Verdict } from "./Verdict.ts"

/**
 * What became of the statement or transaction.
 *
 * `NotSent`: no byte of it reached the wire. `RolledBack`: it certainly left no trace.
 * `Committed`: it certainly took effect. `Unknown`: it was sent and its answer was lost.
 */
export type Outcome = "NotSent" | "RolledBack" | "Committed" | "Unknown"

/** The step in which it failed. */
export type Phase = "acquire" | "begin" | "statement" | "commit" | "rollback"

/** Why it failed. `constraint` is present where the server named one. */
export interface Reason {
  readonly _tag: ReasonTag
  readonly constraint?: string
}

interface Fields {
  readonly message: string
  readonly cause: unknown
  readonly reason: Reason
  readonly outcome: Outcome
  readonly phase: Phase
  readonly sqlState: string | undefined
  readonly isRetryable: boolean
  readonly endsSession: boolean
  readonly retryAfter?: Duration.Duration
}

/** By the raw error, which libraries unwrap and wrap again in an error of their own. */
const byCause = new WeakMap<object, PgError>()

/**
 * A failure of the client that says what became of the statement.
 *
 * It is a `SqlError` (`_tag` is "SqlError", `cause` is the raw error), so code written for
 * `@effect/sql` handles it unchanged; `instanceof PgError` opens the rest.
 */
export class PgError extends SqlError {
  readonly reason: Reason
  readonly outcome: Outcome
  readonly phase: Phase
  /** The server's five-character code, if the server answered. */
  readonly sqlState: string | undefined
  /** The same statement may succeed later. Says nothing about whether it already has. */
  readonly isRetryable: boolean
  /** The session it happened on can't be used again. */
  readonly endsSession: boolean
  /** When it makes sense to ask again, if the pool said so. */
  readonly retryAfter: Option.Option<Duration.Duration>

  constructor(fields: Fields) {
    super({ message: fields.message, cause: fields.cause })
    this.reason = fields.reason
    this.outcome = fields.outcome
    this.phase = fields.phase
    this.sqlState = fields.sqlState
    this.isRetryable = fields.isRetryable
    this.endsSession = fields.endsSession
    this.retryAfter = Option.fromNullable(fields.retryAfter)
    if (typeof fields.cause === "object" && fields.cause !== null) byCause.set(fields.cause, this)
  }

  /** The `PgError` that an error is, or stands for: Drizzle, for one, passes on only its `cause`. */
  static readonly of = (error: unknown): Option.Option<PgError> => {
    for (const link of chainOf(error)) {
      if (link instanceof PgError) return Option.some(link)
      const known = typeof link === "object" && link !== null ? byCause.get(link) : undefined
      if (known !== undefined) return Option.some(known)
    }
    return Option.none()
  }

  /** It can't have taken effect, and running it again may help. */
  get isSafeToReplay(): boolean {
    return this.isRetryable && isUndone(this)
  }
}

/** Nothing of it was committed, nor will be. */
export const isUndone = ({ outcome }: PgError): boolean =>
  outcome === "NotSent" || outcome === "RolledBack"

/** How far a statement had come when it failed. */
export interface Progress {
  readonly phase: Phase
  /** A byte of it may have reached the wire. */
  readonly sent: boolean
  /** It stood in a transaction whose COMMIT had not been sent. */
  readonly inTransaction: boolean
  /** The server has executed it. */
  readonly isExecuted?: boolean
  /** It may have failed only because it was prepared for what has been altered since. */
  readonly isOutdated?: boolean
  /** The statement, where it may have committed by itself. */
  readonly text?: string
}

/**
 * Poolers and proxies answer so for a server that they have lost; of PostgreSQL's own codes two say
 * themselves that they do not know.
 */
const isDoubtful = (error: unknown): boolean => {
  const code = property(error, "code")
  if (code === "40003" || code === "08007") return true
  return tellerOf(error) !== "statement" && /^(?:08|58000|XX000)/.test(code)
}

const isServerAnswer = (error: unknown): boolean => isOfStatement(error) && !isDoubtful(error)

const severalStatements = /;\s*\S/

/** What commits as it goes, table by table or where its text says COMMIT. */
const ownTransactions = new Set(["call", "do", "vacuum", "analyze", "cluster", "reindex"])

/** An index built so is left behind, invalid, when it fails. */
const inSteps = /\bconcurrently\b/i

/** It may have committed a part of itself before it failed. */
const mayCommitByItself = (text = ""): boolean =>
  severalStatements.test(text) || inSteps.test(text) || ownTransactions.has(firstWord(text)[0])

const outcomeOf = (
  error: unknown,
  { hasNotBegun }: Verdict,
  { inTransaction, isExecuted, phase, sent, text }: Progress
): Outcome => {
  // It was executed, and only its answer could not be read: its transaction may yet be committed.
  if (isExecuted) return inTransaction ? "Unknown" : "Committed"
  // Of a transaction that had begun, something was sent before.
  const hadBegun = (inTransaction && phase !== "begin") || phase === "commit"
  if (!sent) return hadBegun ? "RolledBack" : "NotSent"
  if (hasNotBegun) return "RolledBack"
  // Inside a transaction only a script can commit; a procedure is refused it there.
  if (inTransaction) return severalStatements.test(text ?? "") ? "Unknown" : "RolledBack"
  return isServerAnswer(error) && !mayCommitByItself(text) ? "RolledBack" : "Unknown"
}

const reasonOf = (verdict: Verdict, error: unknown): Reason => {
  const constraint = property(error, "constraint")
  return constraint === "" ? { _tag: verdict.reason } : { _tag: verdict.reason, constraint }
}

const step: Readonly<Record<Phase, string>> = {
  acquire: "Failed to get a connection",
  begin: "Failed to begin a transaction",
  statement: "Failed to execute statement",
  commit: "Failed to commit a transaction",
  rollback: "Failed to roll back a transaction"
}

/**
 * The sentence of whoever tells is told for failures of connections. What the server says of a
 * statement may quote its values, so only the code is; the sentence stays in `cause`.
 */
const sentence = (verdict: Verdict, error: unknown, phase: Phase, outcome: Outcome): string => {
  const isOfTheSession = verdict.endsSession && tellerOf(error) !== "statement"
  const detail = isOfTheSession ? describe(error) : property(error, "code") || verdict.reason
  return `${step[phase]} (${detail}; outcome: ${outcome})`
}

/** A raw failure, and what it means. */
interface Judged {
  readonly cause: unknown
  readonly error: unknown
  readonly verdict: Verdict
}

const judged = (cause: unknown): Judged => {
  const error = rootOf(cause)
  return { cause, error, verdict: classify(error) }
}

/** In which step it failed, and what became of it all the same. */
interface Conclusion {
  readonly phase: Phase
  readonly outcome: Outcome
}

const errorOf = (
  { cause, error, verdict }: Judged,
  { outcome, phase }: Conclusion,
  isOutdated = false
): PgError =>
  new PgError({
    message: sentence(verdict, error, phase, outcome),
    cause,
    reason: reasonOf(verdict, error),
    outcome,
    phase,
    sqlState: property(error, "severity") === "" ? undefined : property(error, "code"),
    isRetryable: verdict.isRetryable || isOutdated,
    endsSession: verdict.endsSession
  })

/** The error for a raw failure of the driver or the server. */
export const fromCause = (cause: unknown, progress: Progress): PgError => {
  const failure = judged(cause)
  const outcome = outcomeOf(failure.error, failure.verdict, progress)
  return errorOf(failure, { phase: progress.phase, outcome }, progress.isOutdated)
}

/** The error for a failure of which is known what became of the statement or transaction. */
export const decided = (cause: unknown, conclusion: Conclusion): PgError =>
  errorOf(judged(cause), conclusion)

/** A failure on the way to a session or on it. */
export const fromPool = (error: AcquireError | PgError): PgError =>
  error instanceof PgError ? error : fromAcquire(error)

/** The error for a pool that had no connection to lend. Nothing was sent. */
export const fromAcquire = (error: AcquireError): PgError => {
  const cause = error._tag === "ConnectError" ? error.cause : undefined
  const verdict = cause === undefined ? undefined : classify(cause)
  return new PgError({
    message: `Failed to get a connection: ${error.message}`,
    cause: error,
    reason: {
      _tag: verdict?.reason ?? (error._tag === "QueueFull" ? "ResourceError" : "ConnectionError")
    },
    outcome: "NotSent",
    phase: "acquire",
    sqlState: undefined,
    isRetryable: error._tag === "ConnectError" ? !error.isFatal : error._tag !== "PoolClosed",
    endsSession: false,
    retryAfter: ("retryAfter" in error ? error.retryAfter : undefined) ?? Duration.seconds(1)
  })
}

/** The error for a COMMIT that was not answered, with what was found out about its transaction. */
export const resolved = (
  error: PgError,
  xid: string,
  outcome: Exclude<Outcome, "NotSent">
): PgError =>
  new PgError({
    message: `${step.commit} (its answer was lost: ${describe(error.cause)}; asked about transaction ${xid}; outcome: ${outcome})`,
    cause: error.cause,
    reason: error.reason,
    outcome,
    phase: "commit",
    sqlState: error.sqlState,
    isRetryable: error.isRetryable,
    endsSession: error.endsSession
  })
