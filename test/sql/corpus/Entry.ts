import { Duration } from "effect"
import type { Outcome, Progress } from "../../../src/sql/failure/PgError.ts"
import type { ReasonTag, Verdict } from "../../../src/sql/failure/Verdict.ts"

/** What a client has to know; what is not listed must not be claimed. */
export type Trait =
  | "retryable"
  | "fatal to connect"
  | "ends the session"
  | "proves a restart"
  | `not again for ${number} s`

export interface Expected {
  readonly reason: ReasonTag
  readonly traits: ReadonlyArray<Trait>
}

export type Phase = "connect" | "statement" | "commit"

/** A message as somebody wrote it, and what it has to mean. */
export interface Entry extends Expected {
  /** Project and line, an issue, or where it was seen. */
  readonly source: string
  /** Where it is met, outside a transaction. */
  readonly phase: Phase
  readonly error: Readonly<Record<string, unknown>>
  readonly outcome: Outcome
}

const expected = (reason: ReasonTag, ...traits: ReadonlyArray<Trait>): Expected => ({
  reason,
  traits
})

export const gone = expected("ConnectionError", "retryable", "ends the session")
export const restarted = expected(
  "ConnectionError",
  "retryable",
  "ends the session",
  "proves a restart"
)
export const wrongLogin = expected("AuthenticationError", "fatal to connect", "ends the session")
export const noEntry = expected("AuthorizationError", "fatal to connect", "ends the session")
export const wrongSettings = expected("ConnectionError", "fatal to connect", "ends the session")
export const overloaded = expected("ResourceError", "retryable", "ends the session")
export const rateLimited = expected(
  "ResourceError",
  "retryable",
  "ends the session",
  "not again for 5 s"
)
export const overQuota = expected(
  "ResourceError",
  "fatal to connect",
  "ends the session",
  "not again for 60 s"
)
export const statementTooSlow = expected("StatementTimeoutError", "retryable", "ends the session")
export const limitOfPooler = expected("StatementTimeoutError", "ends the session")
export const transactionTooSlow = expected(
  "TransactionTimeoutError",
  "retryable",
  "ends the session"
)
export { expected }

export const traitsOf = (verdict: Verdict): ReadonlyArray<Trait> => [
  ...(verdict.isRetryable ? (["retryable"] as const) : []),
  ...(verdict.isFatalToConnect ? (["fatal to connect"] as const) : []),
  ...(verdict.endsSession ? (["ends the session"] as const) : []),
  ...(verdict.provesRestart ? (["proves a restart"] as const) : []),
  ...(verdict.coolDown === undefined
    ? []
    : [`not again for ${Duration.toSeconds(verdict.coolDown)} s` as const])
]

/** How far a statement outside a transaction has come when it is met. */
export const progress: Readonly<Record<Phase, Progress>> = {
  connect: { phase: "acquire", sent: false, inTransaction: false },
  statement: {
    phase: "statement",
    sent: true,
    inTransaction: false,
    text: "INSERT INTO t VALUES (1)"
  },
  commit: { phase: "commit", sent: true, inTransaction: false }
}

/** One message of one voice: `"NotSent"` for connecting, else what its place in the list says. */
export type Line = readonly [where: string, message: string, expected: Expected, outcome?: Outcome]

/** The entries of one voice, whose errors have these fields in common. */
export const voice =
  (project: string, phase: Phase, fields: Readonly<Record<string, unknown>>) =>
  (lines: ReadonlyArray<Line>): ReadonlyArray<Entry> =>
    lines.map(([where, message, { reason, traits }, outcome]) => ({
      source: `${project} ${where}`,
      phase,
      error: { ...fields, message },
      reason,
      traits,
      outcome: outcome ?? (phase === "connect" ? "NotSent" : "Unknown")
    }))
