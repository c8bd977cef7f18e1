import {
  type Entry,
  expected,
  gone,
  noEntry,
  overloaded,
  overQuota,
  rateLimited,
  restarted,
  voice,
  wrongLogin,
  wrongSettings
} from "./Entry.ts"

/** `proxy/src/pqproto.rs:352` writes severity, code and message, and no other field. */
const fields = { severity: "ERROR", code: "XX000" }
const proxy = voice("neondatabase/neon@6a35a3e proxy/src", "connect", fields)
const relayed = voice(
  "neondatabase/neon@6a35a3e proxy/src/compute/mod.rs:48 relays",
  "connect",
  fields
)
const seen = voice("Neon's control plane, as users report it:", "connect", fields)

const temporarilyUnavailable =
  "Control plane request failed: endpoint is temporarily unavailable. Check your quotas and/or contact our support."

const login = proxy([
  ["auth/mod.rs:64", "password authentication failed for user 'neondb_owner'", wrongLogin],
  ["auth/mod.rs:44", "Unsupported authentication method: md5", wrongLogin],
  ["auth/mod.rs:47", "Malformed password message: missing terminator", wrongLogin],
  ["sasl/mod.rs:52", "authentication protocol violation", wrongLogin],
  ["sasl/mod.rs:51", "unsupported channel binding method tls-exporter", wrongLogin],
  ["auth/backend/jwt.rs:54", "JWKs settings for this role were not configured", wrongLogin],
  [
    "auth/backend/jwt.rs:704",
    "Provided authentication token is not a valid JWT encoding",
    wrongLogin
  ],
  ["auth/backend/jwt.rs:763", "invalid JWT token audience", wrongLogin],
  ["auth/backend/jwt.rs:766", "JWT token has expired (exp=1700000000)", wrongLogin],
  ["auth/backend/jwt.rs:698", "jwk not found", wrongLogin],
  ["auth/backend/jwt.rs:701", "missing key id", wrongLogin],
  ["auth/backend/jwt.rs:728", "signature error: signature error", wrongLogin],
  ["auth/backend/jwt.rs:731", "failed to fetch auth rules: timed out", gone],
  ["auth/mod.rs:90", "Authentication timed out", gone],
  ["auth/mod.rs:93", "Disconnected due to inactivity after 2m.", gone],
  ["auth/mod.rs:145", "Internal error", gone]
])

const admission = proxy([
  [
    "auth/mod.rs:51",
    "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support or pass the endpoint ID (first part of the domain name) as a parameter: '?options=endpoint%3D<endpoint-id>'. See more at https://neon.tech/sni",
    noEntry
  ],
  [
    "auth/mod.rs:59",
    "VPC endpoint ID is not specified. This endpoint requires a VPC endpoint ID to connect.",
    noEntry
  ],
  [
    "auth/mod.rs:72",
    "This IP address 203.0.113.7 is not allowed to connect to this endpoint. Please add it to the allowed list in the Neon console. Make sure to check for IPv4 or IPv6 addresses.",
    noEntry
  ],
  [
    "auth/mod.rs:78",
    "This connection is trying to access this endpoint from a blocked network.",
    noEntry
  ],
  [
    "auth/mod.rs:82",
    "This VPC endpoint id vpce-1234 is not allowed to connect to this endpoint. Please add it to the allowed list in the Neon console.",
    noEntry
  ],
  ["auth/mod.rs:87", "Too many connections to this endpoint. Please try again later.", overloaded],
  ["control_plane/errors.rs:146", "Too many connections attempts", rateLimited],
  [
    "control_plane/errors.rs:172",
    "Failed to acquire permit to connect to the database. Too many database connection attempts are currently ongoing.",
    overloaded
  ],
  ["cancellation.rs:214", "rate limit exceeded", rateLimited],
  ["pglb/mod.rs:30", "connection is insecure (try using `sslmode=require`)", wrongSettings],
  ["auth/credentials.rs:22", "Parameter 'user' is missing in startup packet.", wrongSettings],
  [
    "auth/credentials.rs:26",
    "Inconsistent project name inferred from SNI ('ep-a') and project option ('ep-b').",
    wrongSettings
  ],
  [
    "auth/credentials.rs:35",
    "Project name ('ep_a') must contain only alphanumeric characters and hyphen.",
    wrongSettings
  ]
])

const controlPlane = proxy([
  ["control_plane/errors.rs:11", "Control plane request failed", gone],
  [
    "control_plane/messages.rs:41",
    "Control plane request failed: endpoint cannot be found",
    noEntry
  ],
  ["control_plane/messages.rs:45", "Control plane request failed: endpoint is disabled", noEntry],
  ["control_plane/messages.rs:49", temporarilyUnavailable, overloaded],
  ["compute/mod.rs:33", "Couldn't connect to compute node", gone]
])

const userFacing = seen([
  [
    "neondatabase/neon#5570",
    "Console request failed: endpoint is temporary unavailable",
    overloaded
  ],
  ["neondatabase/neon#5569", "Console request failed: endpoint is disabled", noEntry],
  [
    "drizzle-migrate's retry tests",
    "You have exceeded the limit of concurrently active endpoints. Please suspend some endpoints and try again.",
    overQuota
  ],
  [
    "PeerDB-io/peerdb#3780",
    "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits.",
    overQuota
  ],
  [
    "avalynndev/anonypost#58",
    "Your project has exceeded the data transfer quota. Upgrade your plan to increase limits.",
    overQuota
  ],
  [
    "Replit's database reports",
    "The endpoint has been disabled. Enable it using Neon API and retry.",
    noEntry
  ],
  [
    "neon.tech/docs/connect/connection-errors",
    "The requested endpoint could not be found, or you don't have access to it. Please check the provided ID and try again.",
    noEntry
  ],
  [
    "neon.tech/docs/connect/connection-errors",
    "The request could not be authorized due to an internal error",
    gone
  ],
  ["porsager/postgres#1179", "Too many connections attempts", rateLimited]
])

const fromBehind = relayed([
  ["PostgreSQL", 'database "shop" does not exist', wrongSettings],
  ["PostgreSQL", 'role "ada" does not exist', wrongLogin],
  ["PostgreSQL", 'permission denied for database "shop"', noEntry],
  ["PostgreSQL", "sorry, too many clients already", overloaded],
  [
    "PostgreSQL",
    "remaining connection slots are reserved for roles with the SUPERUSER attribute",
    overloaded
  ],
  ["PostgreSQL", 'too many connections for role "ada"', overloaded],
  ["PostgreSQL", "the database system is starting up", restarted],
  ["PostgreSQL", "the database system is shutting down", restarted],
  ["PostgreSQL", "terminating connection due to administrator command", gone],
  ["PostgreSQL", 'unrecognized configuration parameter "nosuch"', wrongSettings],
  [
    "PgBouncer",
    "unsupported startup parameter: search_path. Please use unpooled connection or remove this parameter from the startup package. More details: https://neon.tech/docs/connect/connection-errors#unsupported-startup-parameter",
    wrongSettings
  ],
  ["PgBouncer", "no more connections allowed (max_client_conn)", overloaded],
  ["PgBouncer", "query_wait_timeout", overloaded],
  [
    "PgBouncer",
    "server login has been failing, cached error: connect failed (server_login_retry)",
    gone
  ],
  ["its driver", "error communicating with the server: Connection reset by peer", gone],
  ["its driver", "connection closed", gone],
  ["its driver", "timeout waiting for server", gone],
  ["a message that no row knows", "the moon is full", expected("UnknownError")]
])

/** Neon answers every failed connect with XX000: the message is all that tells them apart. */
export const neon: ReadonlyArray<Entry> = [
  ...login,
  ...admission,
  ...controlPlane,
  ...userFacing,
  ...fromBehind
]
