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
  /** The server lacks connections, memory, disk or the like. */
  | "ResourceError"
  /** The session reached a standby, as after a failover. Nothing was executed. */
  | "ReadOnlyError"
  | "UnknownError"

/** What one row of the table says about the failures it matches. */
export interface Verdict {
  readonly reason: ReasonTag
  /** The same statement may succeed later. */
  readonly isRetryable: boolean
  /** When it happens while connecting: no further try can succeed. */
  readonly isFatalToConnect: boolean
  /** The session it happened on must not be used again. */
  readonly endsSession: boolean
  /** Every session opened earlier is dead as well. */
  readonly provesRestart: boolean
}

interface Rule extends Verdict {
  /** SQLSTATE, its two-character class, or an errno or driver code. Absent: any. */
  readonly codes?: ReadonlyArray<string>
  /** Absent: any message. */
  readonly message?: RegExp
}

const verdict = (reason: ReasonTag, traits: Partial<Verdict> = {}): Verdict => ({
  reason,
  isRetryable: false,
  isFatalToConnect: false,
  endsSession: false,
  provesRestart: false,
  ...traits
})

const lost = verdict("ConnectionError", { isRetryable: true, endsSession: true })
const refused = verdict("AuthenticationError", { isFatalToConnect: true, endsSession: true })
const forbidden = verdict("AuthorizationError", { isFatalToConnect: true, endsSession: true })
const misconfigured = verdict("ConnectionError", { isFatalToConnect: true, endsSession: true })
const exhausted = verdict("ResourceError", { isRetryable: true })

/**
 * The first row that matches decides, so messages stand before codes and codes before classes.
 *
 * Sources: PostgreSQL 18 appendix A (SQLSTATE); Neon's proxy (`proxy/src`, which answers every
 * connect-phase failure with XX000); PgBouncer (`src/proto.c`, which answers with 08P01); Node.js
 * `net`, `dns` and `tls` (errno and ERR_ codes); pg 8.23 (`lib/client.js`, messages without code).
 */
const rules: ReadonlyArray<Rule> = [
  // Neon: the message is all there is.
  { codes: ["XX000"], message: /password authentication failed|JWT/i, ...refused },
  {
    codes: ["XX000"],
    message: /endpoint id is not specified|not allowed|blocked network|VPC|not found|disabled/i,
    ...forbidden
  },
  {
    codes: ["XX000"],
    message: /quota|exceeded|limit reached|rate limit|too many connections/i,
    ...exhausted,
    endsSession: true
  },
  {
    codes: ["XX000"],
    message:
      /couldn't connect to compute|failed to acquire permit|control plane request failed|authentication timed out|being (?:started|woken)/i,
    ...lost
  },
  // PgBouncer: protocol_violation for everything.
  {
    codes: ["08P01"],
    message: /unsupported startup parameter|no such (?:user|database)|password authentication/i,
    ...refused
  },
  {
    codes: ["08P01"],
    message: /query_wait_timeout|no more connections allowed/i,
    ...exhausted,
    endsSession: true
  },
  // PostgreSQL, by condition.
  { codes: ["57P02", "57P03"], ...lost, provesRestart: true },
  { codes: ["57P01", "57P05", "25P03", "25P04"], ...lost },
  { codes: ["57P04", "3D000"], ...misconfigured },
  { codes: ["57014"], ...verdict("StatementTimeoutError", { isRetryable: true }) },
  {
    codes: ["ESTATEMENTTIMEOUT"],
    ...verdict("StatementTimeoutError", { isRetryable: true, endsSession: true })
  },
  { codes: ["53300", "53400"], ...exhausted, endsSession: true },
  { codes: ["25006"], ...verdict("ReadOnlyError", { isRetryable: true, endsSession: true }) },
  { codes: ["42501"], ...verdict("AuthorizationError") },
  { codes: ["23505"], ...verdict("UniqueViolation") },
  { codes: ["40P01"], ...verdict("DeadlockError", { isRetryable: true }) },
  { codes: ["40001"], ...verdict("SerializationError", { isRetryable: true }) },
  { codes: ["40003"], ...lost },
  { codes: ["55P03"], ...verdict("LockTimeoutError", { isRetryable: true }) },
  // PostgreSQL, by class.
  { codes: ["08"], ...lost },
  { codes: ["28"], ...refused },
  { codes: ["23"], ...verdict("ConstraintError") },
  { codes: ["42"], ...verdict("SqlSyntaxError") },
  { codes: ["53"], ...exhausted },
  { codes: ["58"], ...exhausted, endsSession: true },
  // Node.js: certificates that will not become valid by waiting.
  {
    codes: [
      "CERT_HAS_EXPIRED",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_TLS_CERT_ALTNAME_INVALID"
    ],
    ...misconfigured
  },
  {
    codes: [
      "ECONNREFUSED",
      "ECONNRESET",
      "ECONNABORTED",
      "EPIPE",
      "EPROTO",
      "ETIMEDOUT",
      "ENOTFOUND",
      "EAI_AGAIN",
      "EHOSTUNREACH",
      "EHOSTDOWN",
      "ENETUNREACH",
      "ENETDOWN",
      "EADDRNOTAVAIL",
      "ENOENT",
      "ERR_STREAM_DESTROYED",
      "ERR_STREAM_WRITE_AFTER_END",
      "ERR_STREAM_PREMATURE_CLOSE",
      "ERR_SOCKET_CLOSED"
    ],
    ...lost
  },
  { codes: ["EMFILE", "ENFILE"], ...exhausted, endsSession: true },
  // pg: messages without a code.
  { message: /does not support SSL|SASL|SCRAM|password must be a string/i, ...refused },
  { message: /invalid url|invalid port|unknown authentication/i, ...misconfigured },
  {
    message:
      /connection terminated|not queryable|timeout expired|query read timeout|socket disconnected|socket hang up/i,
    ...lost
  }
]

const unknown = verdict("UnknownError")

const matches = (rule: Rule, code: string, message: string): boolean =>
  (rule.codes === undefined ||
    rule.codes.includes(code) ||
    rule.codes.includes(code.slice(0, 2))) &&
  (rule.message === undefined || rule.message.test(message))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/** A string property of a raw error, or the empty string. */
export const property = (cause: unknown, name: string): string =>
  isRecord(cause) ? text(cause[name]) : ""

/**
 * The error that says most: Node.js tries both address families and wraps their failures, and other
 * libraries wrap the driver's error in their own.
 */
const innermost = (cause: unknown): unknown => {
  if (!isRecord(cause) || property(cause, "code") !== "") return cause
  if (Array.isArray(cause.errors) && cause.errors.length > 0) {
    return innermost(cause.errors[0])
  }
  return cause.cause === undefined ? cause : innermost(cause.cause)
}

/** The driver's or server's error inside a raw cause. */
export const rootOf = innermost

/** What a raw error means. FATAL and PANIC end the session whatever their code. */
export const classify = (cause: unknown): Verdict => {
  const error = innermost(cause)
  const code = property(error, "code")
  const message = property(error, "message")
  const found = rules.find((rule) => matches(rule, code, message)) ?? unknown
  const severity = property(error, "severity")
  return severity === "FATAL" || severity === "PANIC" ? { ...found, endsSession: true } : found
}

/** A raw error as one clause: its code and message. For failures of connections only. */
export const describe = (cause: unknown): string => {
  const error = innermost(cause)
  const code = property(error, "code")
  const message = property(error, "message") || String(error)
  return code === "" || message.includes(code) ? message : `${code}: ${message}`
}
