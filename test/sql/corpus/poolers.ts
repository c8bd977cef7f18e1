import {
  type Entry,
  gone,
  limitOfPooler,
  noEntry,
  overloaded,
  rateLimited,
  transactionTooSlow,
  voice,
  wrongLogin,
  wrongSettings
} from "./Entry.ts"

/** `src/proto.c:260`: severity, code and message; FATAL where the client is disconnected. */
const bouncer = { severity: "FATAL", code: "08P01" }
const connecting = voice("pgbouncer/pgbouncer@13a344f src", "connect", bouncer)
const running = voice("pgbouncer/pgbouncer@13a344f src", "statement", bouncer)
const committing = voice("pgbouncer/pgbouncer@13a344f src", "commit", bouncer)

const failing = (why: string): string =>
  `server login has been failing, cached error: ${why} (server_login_retry)`

const atLogin = connecting([
  ["objects.c:2041", "no such database: shop", wrongSettings],
  ["objects.c:2046", 'database "shop" is disabled', noEntry],
  ["objects.c:2051", "pooler is shutting down", gone],
  ["client.c:794", "no such user", wrongLogin],
  ["client.c:273", "certificate authentication failed", wrongLogin],
  ["client.c:314", "unix socket login rejected", wrongLogin],
  ["client.c:405", "no authentication method is found", wrongLogin],
  ["client.c:439", '"trust" authentication failed', wrongLogin],
  ["client.c:457", "login rejected", wrongLogin],
  ["client.c:1341", "client selected an invalid SASL authentication mechanism", wrongLogin],
  ["client.c:1349", "SASL authentication failed", wrongLogin],
  ["client.c:1387", "empty password returned by client", wrongLogin],
  ["client.c:1413", "password authentication failed", wrongLogin],
  ["pam.c:287", "PAM authentication failed", wrongLogin],
  ["ldapauth.c:582", "LDAP authentication failed", wrongLogin],
  ["client.c:555", "username too long", wrongLogin],
  ["client.c:1069", "no username supplied", wrongLogin],
  ["client.c:938", "unsupported startup parameter in options: search_path", wrongSettings],
  [
    "client.c:947",
    "unsupported options startup parameter: only '-c config=val' and '--config=val' are allowed",
    wrongSettings
  ],
  ["client.c:1057", "unsupported startup parameter: statement_timeout", wrongSettings],
  ["client.c:1299", "old V2 protocol not supported", wrongSettings],
  ["client.c:1305", "SSL required", wrongSettings],
  ["admin.c:1863", "not allowed", noEntry],
  ["client.c:1086", "no more connections allowed (max_client_conn)", overloaded],
  ["client.c:481", "client connections exceeded (max_db_client_connections)", overloaded],
  ["client.c:517", "client connections exceeded (max_user_client_connections)", overloaded],
  ["client.c:593", "bouncer resources exhaustion", overloaded],
  ["client.c:351", "no memory for pool", overloaded],
  ["client.c:53", "bouncer config error", gone],
  ["janitor.c:741", "client_login_timeout", gone],
  ["janitor.c:489", "client_login_timeout (server down)", gone],
  ["objects.c:881", failing("connect failed"), gone],
  ["objects.c:881", failing("the database system is not yet accepting connections"), gone],
  ["objects.c:881", failing('password authentication failed for user "ada"'), wrongLogin],
  ["objects.c:881", failing('database "shop" does not exist'), wrongSettings],
  ["objects.c:881", failing("sorry, too many clients already"), overloaded],
  ["proto.c:511", "server login failed: wrong password type", wrongLogin]
])

const atWork = running([
  ["janitor.c:464", "query_wait_timeout", overloaded, "RolledBack"],
  ["janitor.c:462", "query_timeout", overloaded, "RolledBack"],
  ["janitor.c:667", "query timeout", limitOfPooler],
  ["janitor.c:671", "idle transaction timeout", gone],
  ["janitor.c:674", "transaction timeout", transactionTooSlow],
  ["janitor.c:428", "client_idle_timeout", gone],
  ["janitor.c:460", "server shutting down", gone],
  ["admin.c:1450", "admin forced disconnect", gone],
  ["client.c:1784", "server connection closed", gone],
  ["server.c:798", "server conn crashed?", gone],
  ["client.c:1695", "out of memory", overloaded],
  ["client.c:1452", "PQexec disallowed", wrongSettings],
  ["server.c:415", "transaction blocks not allowed in statement pooling mode", wrongSettings],
  ["prepare.c:431", "prepared statement did not exist", gone],
  ["prepare.c:328", "prepared statement name is already in use", gone],
  ["server.c:450", "invalid server parameter", gone]
])

const atCommit = committing([
  ["server.c:798", "server conn crashed?", gone],
  ["janitor.c:674", "transaction timeout", transactionTooSlow]
])

/** `src/server.c:100`: the server's code and message, to all who wait for a server. */
const handedOn = (code: string) =>
  voice("pgbouncer/pgbouncer@13a344f src/server.c:100", "statement", { severity: "FATAL", code })

const afterLogin = [
  ...handedOn("53300")([["", "sorry, too many clients already", overloaded, "RolledBack"]]),
  ...handedOn("28P01")([
    ["", 'password authentication failed for user "ada"', wrongLogin, "RolledBack"]
  ]),
  ...handedOn("57P01")([["", "terminating connection due to administrator command", gone]])
]

const supavisor = "supabase/supavisor@03e5cc5 lib/supavisor/errors"
const supavisorConnect = voice(supavisor, "connect", { severity: "FATAL", code: "XX000" })([
  [
    "max_connections_error.ex:26",
    "(EMAXCONN) max client connections reached, limit: 200",
    overloaded
  ],
  [
    "max_connections_error.ex:22",
    "(EMAXCONNSESSION) max clients reached in session mode - max clients are limited to pool_size: 15",
    overloaded
  ],
  ["max_pools_reached_error.ex:13", "(EMAXPOOLSREACHED) max pools count reached", overloaded],
  ["tenant_or_user_not_found_error.ex:16", "(ENOTFOUND) tenant/user ada.shop not found", noEntry],
  ["tenant_banned_error.ex:14", "(EBANNED) tenant is banned: abuse", noEntry],
  [
    "address_not_allowed_error.ex:14",
    "(EADDRNOTALLOWED) address not in tenant allow_list: {203, 0, 113, 7}",
    noEntry
  ],
  [
    "no_tenant_identifier_error.ex:12",
    "(ENOIDENTIFIER) no tenant identifier provided (external_id or sni_hostname required)",
    wrongSettings
  ],
  [
    "ssl_required_error.ex:14",
    "(ESSLREQUIRED) SSL connection is required for user: ada",
    wrongSettings
  ],
  ["auth_query_error.ex:32", "(EAUTHQUERY) user not found in the database", wrongLogin],
  ["auth_query_error.ex:46", "(EAUTHQUERY) auth_query connection failed", gone],
  [
    "worker_not_found_error.ex:14",
    '(EWORKERNOTFOUND) worker processes (manager/pool) not found for tenant "shop"',
    gone
  ]
])
const supavisorRunning = voice(supavisor, "statement", { severity: "FATAL", code: "XX000" })([
  [
    "checkout_timeout_error.ex:17",
    "(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 60000ms in Transaction mode",
    overloaded,
    "RolledBack"
  ],
  [
    "checkout_retries_exhausted_error.ex:13",
    "(ECHECKOUTRETRIES) failed to check out a connection after multiple retries",
    overloaded
  ],
  [
    "db_handler_exited_error.ex:19",
    "(EDBHANDLEREXITED) DbHandler exited. Check logs for more information",
    gone
  ]
])

const cat = (phase: "connect" | "statement") =>
  voice("postgresml/pgcat@5b03881 src/client.rs", phase, { severity: "FATAL", code: "58000" })
const pgcat = [
  ...cat("connect")([
    ["566", 'No pool configured for database: "shop", user: "ada"', wrongSettings],
    ["476", "terminating connection due to administrator command", gone]
  ]),
  ...cat("statement")([
    ["1094", "could not get connection from the pool - AllServersDown", overloaded, "RolledBack"],
    ["1123", "checkout failure limit reached (3 / 3)", rateLimited],
    ["2082", "pool statement timeout", limitOfPooler],
    ["1888", 'prepared statement "s1" does not exist', gone]
  ])
]

export const poolers: ReadonlyArray<Entry> = [
  ...atLogin,
  ...atWork,
  ...atCommit,
  ...afterLogin,
  ...supavisorConnect,
  ...supavisorRunning,
  ...pgcat
]
