import {
  exhausted,
  forbidden,
  lost,
  misconfigured,
  overQuota,
  type Rule,
  rateLimited,
  refused,
  saying,
  tooSlow,
  verdict
} from "./Verdict.ts"

/** One code for everything: Neon's proxy and Supavisor; PgBouncer; PgCat. */
const proxy = { codes: ["XX000", "08P01", "58000"], teller: "proxy" } as const

const overloaded = { ...exhausted, endsSession: true }

/**
 * What proxies and poolers say themselves. The message is all there is, and it may be one of
 * PostgreSQL's or of the next proxy's: Neon relays both under XX000, PgBouncer ("cached error: …")
 * under 08P01. What no row knows is an `UnknownError` under XX000, and under the other two what it is
 * for PostgreSQL.
 *
 * Neon at 6a35a3e: `proxy/src/` `auth/mod.rs`, `auth/credentials.rs`, `auth/backend/jwt.rs`,
 * `sasl/mod.rs`, `compute/mod.rs`, `pglb/mod.rs`, `control_plane/errors.rs` and `messages.rs` (all
 * with severity ERROR: `stream.rs`, `throw_error`), and "Connection errors" of its documentation.
 * PgBouncer at 13a344f: `disconnect_client` in `src/*.c`. Supavisor at 03e5cc5:
 * `lib/supavisor/errors`. PgCat at 5b03881: `src/client.rs`.
 */
export const proxyFailures: ReadonlyArray<Rule> = [
  // The client waited for a server connection and got none (PgBouncer `janitor.c`, pool_client_maint;
  // Supavisor `checkout_timeout_error.ex`; PgCat `client.rs:1094`).
  {
    ...proxy,
    message: saying(
      "^query_(wait_)?timeout",
      "unable to check out connection from the pool",
      "^could not get connection from the pool"
    ),
    ...overloaded,
    hasNotBegun: true
  },
  // PgBouncer's and PgCat's own limits for a statement that runs; it would reach them again.
  {
    ...proxy,
    message: saying("^query timeout", "^pool statement timeout"),
    ...tooSlow,
    isRetryable: false
  },
  {
    ...proxy,
    message: saying("^transaction timeout"),
    ...verdict("TransactionTimeoutError", { isRetryable: true, endsSession: true })
  },
  {
    ...proxy,
    message: saying(
      "authentication failed",
      "authentication protocol violation",
      "no authentication method",
      "unsupported authentication method",
      "malformed password message",
      "wrong password type",
      "empty password returned",
      "(username|password) too long",
      "no username supplied",
      "no such user",
      "login rejected",
      "user not found in the database",
      "invalid format for user",
      'role ".*" (does not exist|is not permitted to log in)',
      "no pg_hba.conf entry",
      "channel binding",
      "\\bSASL\\b"
    ),
    ...refused
  },
  // Neon's JSON Web Tokens. "failed to fetch auth rules" is not among them: it passes.
  {
    ...proxy,
    message: saying(
      "\\bJWT\\b",
      "^JWKs settings",
      "^jwk not found",
      "^missing key id",
      "^invalid (P256|RSA|compact)",
      "^unsupported (EC )?key type",
      "^signature (algorithm|error)"
    ),
    ...refused
  },
  {
    ...proxy,
    message: saying(
      "endpoint ID is not specified",
      "is not allowed to connect",
      "from a blocked network",
      "(endpoint|project|branch) (cannot|could not) be found",
      "endpoint (is|has been) disabled",
      "permission denied for database",
      "address not in tenant allow_list",
      "tenant is banned",
      "tenant.* not found",
      'database ".*" is disabled',
      "^not allowed$"
    ),
    ...forbidden
  },
  {
    ...proxy,
    message: saying(
      'database ".*" does not exist',
      "no such database",
      "is not currently accepting connections",
      "no pool configured for database",
      "unsupported (options )?startup parameter",
      "unrecognized configuration parameter",
      "invalid value for parameter",
      "is missing in startup packet",
      "invalid startup (message|packet)",
      "inconsistent project name",
      "^project name",
      "no tenant identifier",
      "multiple users matched",
      "connection is insecure",
      "SSL required",
      "SSL connection is required",
      "old V2 protocol not supported",
      "not allowed in statement pooling mode",
      "PQexec disallowed",
      "ldap is not supported",
      "auth_ldap_options is null"
    ),
    ...misconfigured
  },
  // HTTP 423 is a quota or maintenance, and maintenance passes (`messages.rs`, `can_retry`).
  { ...proxy, message: saying("endpoint is temporar(il)?y unavailable"), ...overloaded },
  // A plan or a month has to change first; the proxy does not retry these either (`can_retry`).
  {
    ...proxy,
    message: saying(
      "\\bquota\\b",
      "concurrently active endpoints",
      "active endpoints limit exceeded"
    ),
    ...overQuota
  },
  {
    ...proxy,
    message: saying(
      "too many connections? attempts",
      "rate limit",
      "checkout failure limit reached"
    ),
    ...rateLimited
  },
  {
    ...proxy,
    message: saying(
      "too many (connections|clients|database connection)",
      "remaining connection slots",
      "failed to acquire permit",
      "no more connections allowed",
      "client connections exceeded",
      "max (clients|client connections|pools count) reached",
      "failed to check out a connection",
      "bouncer resources exhaustion",
      "no memory for",
      "^out of memory$"
    ),
    ...overloaded
  },
  {
    ...proxy,
    message: saying("the database system is (starting up|shutting down|in recovery mode)"),
    ...lost,
    provesRestart: true
  },
  {
    ...proxy,
    message: saying(
      // Neon
      "couldn't connect to compute node",
      "control plane request failed",
      "could not be authorized due to an internal error",
      "failed to fetch auth rules",
      "authentication timed out",
      "disconnected due to inactivity",
      "^internal error",
      "^error (communicating with|connecting to) (the )?server",
      "^error performing TLS handshake",
      "^unexpected message from server",
      "^timeout waiting for server",
      "^connection closed",
      "terminating connection",
      // PgBouncer, relayed by Neon
      "server login has been failing",
      "server conn crashed",
      "pooler is shutting down",
      "server shutting down",
      "client_login_timeout",
      "cannot connect",
      "prepared statement .*(does|did) not exist",
      "prepared statement .*already",
      // Supavisor
      "\\(E(AUTHQUERY|AUTHSECRETS|CIRCUITBREAKER|DBHANDLEREXITED|JITREQUESTFAILED)\\)",
      "\\(E(POOL[A-Z]+|PROXY[A-Z]+|SUBSCRIBERETRIES|WORKERNOTFOUND)\\)"
    ),
    ...lost
  }
]
