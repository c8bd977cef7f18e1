import { proxyFailures } from "./ProxyFailures.ts"
import {
  exhausted,
  forbidden,
  lost,
  misconfigured,
  type Rule,
  refused,
  saying,
  tooSlow,
  verdict
} from "./Verdict.ts"

/** What another server did to the statement's own errand says nothing about this session. */
const elsewhere = verdict("ConnectionError", { isRetryable: true })

const driver = { codes: [""], teller: "client" } as const

/** PostgreSQL 18: appendix A of its manual; two characters stand for all codes that begin so. */
const postgres: ReadonlyArray<Rule> = [
  // 08P01 counts the parameters of a Bind message; 3D000 and 3F000 are names in a statement.
  { codes: ["08P01", "3D000", "3F000"], teller: "statement", ...verdict("SqlSyntaxError") },
  { codes: ["08007", "40003"], ...lost },
  {
    codes: ["08", "53300", "57P01", "57P02", "57P03", "57P04", "57P05", "25P03"],
    teller: "statement",
    ...elsewhere
  },
  // A function's own "wrong password" is no verdict on ours.
  { codes: ["28"], teller: "statement", ...verdict("AuthenticationError") },
  { codes: ["57P03"], ...lost, provesRestart: true, hasNotBegun: true },
  { codes: ["57P02"], ...lost, provesRestart: true },
  { codes: ["57P01"], ...lost },
  // They fire while the server waits for a statement, and are looked at again before it begins with
  // one (`src/backend/tcop/postgres.c`, PostgresMain, steps 4 and 5).
  { codes: ["57P05", "25P03"], ...lost, hasNotBegun: true },
  {
    // At COMMIT it may come too late to prevent it, hence not `hasNotBegun`.
    codes: ["25P04"],
    ...verdict("TransactionTimeoutError", { isRetryable: true, endsSession: true })
  },
  { codes: ["ETRANSACTIONTIMEOUT"], ...verdict("TransactionTimeoutError", { isRetryable: true }) },
  { codes: ["57P04", "3D000"], ...misconfigured },
  // How a session is refused before it begins: a parameter of ours, the database's grants.
  { codes: ["0A000", "22023", "22P02", "42704"], teller: "session", ...misconfigured },
  { codes: ["42501"], teller: "session", ...forbidden },
  { codes: ["55000"], message: /is not currently accepting connections/, ...misconfigured },
  // A cancel that nobody here asked for is a stray one; a time limit of the server's would be hit
  // again. In another language than English the two look alike.
  { codes: ["57014"], message: /statement timeout/, ...verdict("StatementTimeoutError") },
  { codes: ["57014"], ...verdict("StatementTimeoutError", { isRetryable: true }) },
  { codes: ["ESTATEMENTTIMEOUT"], ...tooSlow },
  { codes: ["ESWALLOWED"], ...lost },
  // Only before a session begins; PgBouncer hands it on to clients that wait for one.
  { codes: ["53300"], ...exhausted, endsSession: true, hasNotBegun: true },
  { codes: ["25006"], ...verdict("ReadOnlyError", { isRetryable: true, endsSession: true }) },
  // Prepared statements that the session does not have, or that changed under it: see OutdatedPlan.
  { codes: ["26000", "42P05"], ...verdict("UnknownError", { isRetryable: true }) },
  {
    codes: ["0A000"],
    message: /cached plan must not change result type/,
    ...verdict("UnknownError", { isRetryable: true })
  },
  { codes: ["42501", "0LP01"], ...verdict("AuthorizationError") },
  { codes: ["23505"], ...verdict("UniqueViolation") },
  { codes: ["40002"], ...verdict("ConstraintError") },
  { codes: ["40P01"], ...verdict("DeadlockError", { isRetryable: true }) },
  { codes: ["40001"], ...verdict("SerializationError", { isRetryable: true }) },
  { codes: ["55P03", "55006"], ...verdict("LockTimeoutError", { isRetryable: true }) },
  // 58P01 to 58P03 are files that a statement names.
  { codes: ["58000", "58030"], ...exhausted, endsSession: true },
  { codes: ["08"], ...lost },
  { codes: ["28"], ...refused, hasNotBegun: true },
  { codes: ["23"], ...verdict("ConstraintError") },
  { codes: ["42"], ...verdict("SqlSyntaxError") },
  { codes: ["53"], ...exhausted }
]

/** Node.js 20: `doc/api/errors.md`, `tls.md` ("X509 certificate error codes"), `dns.md`. */
const node: ReadonlyArray<Rule> = [
  {
    codes: [
      "CERT_CHAIN_TOO_LONG",
      "CERT_HAS_EXPIRED",
      "CERT_NOT_YET_VALID",
      "CERT_REJECTED",
      "CERT_REVOKED",
      "CERT_SIGNATURE_FAILURE",
      "CERT_UNTRUSTED",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "HOSTNAME_MISMATCH",
      "INVALID_CA",
      "INVALID_PURPOSE",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "ERR_SSL_UNSUPPORTED_PROTOCOL",
      "ERR_SSL_NO_PROTOCOLS_AVAILABLE",
      "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
      "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
      "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
      "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
      "ERR_INVALID_URL",
      "ERR_SOCKET_BAD_PORT",
      "EACCES",
      "EPERM"
    ],
    ...misconfigured
  },
  // Two ends that can't agree on TLS; after the handshake it is a stream that broke.
  {
    codes: ["EPROTO"],
    message: saying(
      "wrong version number",
      "packet length too long",
      "unsupported protocol",
      "no protocols available",
      "no shared cipher",
      "alert (protocol version|handshake failure|unknown ca|bad certificate|certificate required)"
    ),
    ...misconfigured
  },
  // A certificate's file; without "open" it is the socket of a server that is not running.
  { codes: ["ENOENT", "EISDIR"], message: /, (?:open|read)/, ...misconfigured },
  {
    codes: [
      "ECONNREFUSED",
      "ECONNRESET",
      "ECONNABORTED",
      "EPIPE",
      "EPROTO",
      "ETIMEDOUT",
      "ENOTFOUND",
      "ENODATA",
      "ESERVFAIL",
      "ETIMEOUT",
      "EAI_AGAIN",
      "EAI_FAIL",
      "EHOSTUNREACH",
      "EHOSTDOWN",
      "ENETUNREACH",
      "ENETDOWN",
      "ENETRESET",
      "ENOTCONN",
      "EADDRNOTAVAIL",
      "ENOENT",
      "EAGAIN",
      "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
      "ERR_TLS_HANDSHAKE_TIMEOUT",
      "ERR_STREAM_DESTROYED",
      "ERR_STREAM_WRITE_AFTER_END",
      "ERR_STREAM_PREMATURE_CLOSE",
      "ERR_SOCKET_CLOSED",
      "ERR_SOCKET_CLOSED_BEFORE_CONNECTION",
      "ERR_SOCKET_CONNECTION_TIMEOUT"
    ],
    ...lost
  },
  { codes: ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"], ...exhausted, endsSession: true }
]

/** pg 8.23, pg-protocol 1.16, pg-pool 3.14, pg-connection-string 2.9: messages without a code. */
const drivers: ReadonlyArray<Rule> = [
  { ...driver, message: /^SASL|^Password must be a string$/, ...refused },
  {
    ...driver,
    message: saying(
      "^The server does not support SSL connections$",
      "^Unknown authenticationOk message type",
      "^Invalid (url|port|sslnegotiation)",
      "^sslnegotiation=direct requires SSL",
      "^SECURITY WARNING: Using sslmode",
      "^Both useLibpqCompat and uselibpqcompat",
      "^URI malformed$",
      "^Cannot use a pool after calling end"
    ),
    ...misconfigured
  },
  { ...driver, message: /^timeout exceeded when trying to connect$/, ...exhausted },
  { ...driver, message: /^Query read timeout$/, ...tooSlow },
  {
    ...driver,
    message: saying(
      "^Connection terminated",
      "is not queryable$",
      "^timeout expired$",
      "^There was an error establishing an SSL connection$",
      "^Received unexpected",
      "^received invalid response",
      "^socket hang up$"
    ),
    ...lost
  }
]

/** The first row that matches decides, so messages stand before codes and codes before classes. */
export const table: ReadonlyArray<Rule> = [...proxyFailures, ...postgres, ...node, ...drivers]
