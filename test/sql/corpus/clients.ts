import {
  type Entry,
  expected,
  gone,
  overloaded,
  statementTooSlow,
  voice,
  wrongLogin,
  wrongSettings
} from "./Entry.ts"

const unknown = expected("UnknownError")

const driver = (phase: "connect" | "statement" | "commit") => voice("pg@8.23.1 lib", phase, {})

const pgConnect = driver("connect")([
  ["client.js:170", "timeout expired", gone],
  ["client.js:204", "Connection terminated unexpectedly", gone],
  ["client.js:283", "Password must be a string", wrongLogin],
  ["connection.js:86", "The server does not support SSL connections", wrongSettings],
  ["connection.js:90", "There was an error establishing an SSL connection", gone],
  [
    "connection-parameters.js:111",
    "sslnegotiation=direct requires SSL to be enabled",
    wrongSettings
  ],
  [
    "connection-parameters.js:106",
    'Invalid sslnegotiation value: "fast". Valid values are "postgres" and "direct".',
    wrongSettings
  ],
  [
    "crypto/sasl.js:42",
    "SASL: Only mechanism(s) SCRAM-SHA-256 and SCRAM-SHA-256-PLUS are supported",
    wrongLogin
  ],
  [
    "crypto/sasl.js:67",
    "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string",
    wrongLogin
  ],
  [
    "crypto/sasl.js:70",
    "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string",
    wrongLogin
  ],
  [
    "crypto/sasl.js:140",
    "SASL: SCRAM-SERVER-FINAL-MESSAGE: server signature does not match",
    wrongLogin
  ],
  [
    "crypto/sasl.js:228",
    'SASL: SCRAM-SERVER-FINAL-MESSAGE: server returned error: "unknown-user"',
    wrongLogin
  ]
])

const pgStatement = driver("statement")([
  ["client.js:204", "Connection terminated", gone],
  ["client.js:204", "Connection terminated unexpectedly", gone],
  ["client.js:767", "Client has encountered a connection error and is not queryable", gone],
  ["client.js:774", "Client was closed and is not queryable", gone],
  ["client.js:707", "Query read timeout", statementTooSlow],
  ["client.js:447", "Received unexpected rowDescription message from backend.", gone],
  ["client.js:491", "Received unexpected commandComplete message from backend.", gone],
  [
    "query.js:154",
    "A query must have either text or a name. Supplying neither is unsupported.",
    unknown
  ],
  ["query.js:161", "Query values must be an array", unknown],
  [
    "query.js:158",
    "Prepared statements must be unique - 'find' was used for a different statement",
    unknown
  ],
  [
    "utils.js:86",
    'circular reference detected while preparing "[object Object]" for query',
    unknown
  ]
])

const pgCommit = driver("commit")([["client.js:204", "Connection terminated unexpectedly", gone]])

const protocol = voice(
  "pg-protocol@1.16.1 dist/parser.js",
  "connect",
  {}
)([
  ["164", "received invalid response: 48", gone],
  ["292", "Unknown authenticationOk message type 7", wrongSettings]
])

const pool = voice(
  "pg-pool@3.14.0 index.js",
  "connect",
  {}
)([
  ["192", "Cannot use a pool after calling end on the pool", wrongSettings],
  ["224", "timeout exceeded when trying to connect", expected("ResourceError", "retryable")],
  ["276", "Connection terminated due to connection timeout", gone]
])

const url = voice(
  "pg-connection-string@2.9.1 index.js",
  "connect",
  {}
)([
  ["188", "Invalid port: five", wrongSettings],
  [
    "96",
    "Both useLibpqCompat and uselibpqcompat are set. Please use only one of them.",
    wrongSettings
  ],
  ["61", "URI malformed", wrongSettings]
])

/** As Node.js 20 says it; met on 127.0.0.1 unless an address says otherwise. */
const node = (code: string, phase: "connect" | "statement" = "connect") =>
  voice("node@20", phase, { code })

const network = [
  ...node("ECONNREFUSED")([["net", "connect ECONNREFUSED 127.0.0.1:5432", gone]]),
  ...node("ENOENT")([["net", "connect ENOENT /var/run/postgresql/.s.PGSQL.5432", gone]]),
  ...node("EACCES")([["net", "connect EACCES /var/run/postgresql/.s.PGSQL.5432", wrongSettings]]),
  ...node("ETIMEDOUT")([["net", "connect ETIMEDOUT 203.0.113.7:5432", gone]]),
  ...node("EHOSTUNREACH")([["net", "connect EHOSTUNREACH 203.0.113.7:5432", gone]]),
  ...node("ENETUNREACH")([["net", "connect ENETUNREACH 2001:db8::1:5432", gone]]),
  ...node("EADDRNOTAVAIL")([["net", "connect EADDRNOTAVAIL 203.0.113.7:5432", gone]]),
  ...node("EMFILE")([
    ["net", "connect EMFILE 127.0.0.1:5432 - Local (undefined:undefined)", overloaded]
  ]),
  ...node("ENOTFOUND")([["dns", "getaddrinfo ENOTFOUND nosuch.invalid", gone]]),
  ...node("EAI_AGAIN")([["dns", "getaddrinfo EAI_AGAIN db.example.com", gone]]),
  ...node("ERR_INVALID_URL")([["url", "Invalid URL", wrongSettings]]),
  ...node("ERR_SOCKET_BAD_PORT")([
    ["net", "Port should be >= 0 and < 65536. Received type number (70000).", wrongSettings]
  ]),
  ...node("ENOENT")([
    ["fs (sslrootcert)", "ENOENT: no such file or directory, open '/nope'", wrongSettings]
  ]),
  ...node("ECONNRESET", "statement")([["net", "read ECONNRESET", gone]]),
  ...node("EPIPE", "statement")([["net", "write EPIPE", gone]]),
  ...node("ETIMEDOUT", "statement")([["net (keepalive)", "read ETIMEDOUT", gone]]),
  ...node(
    "ERR_STREAM_DESTROYED",
    "statement"
  )([["stream", "Cannot call write after a stream was destroyed", gone]]),
  ...node("ERR_STREAM_WRITE_AFTER_END", "statement")([["stream", "write after end", gone]]),
  ...node("ERR_STREAM_PREMATURE_CLOSE", "statement")([["stream", "Premature close", gone]])
]

const tls = [
  ...node("CERT_HAS_EXPIRED")([["tls", "certificate has expired", wrongSettings]]),
  ...node("DEPTH_ZERO_SELF_SIGNED_CERT")([["tls", "self-signed certificate", wrongSettings]]),
  ...node("SELF_SIGNED_CERT_IN_CHAIN")([
    ["tls", "self-signed certificate in certificate chain", wrongSettings]
  ]),
  ...node("UNABLE_TO_VERIFY_LEAF_SIGNATURE")([
    ["tls", "unable to verify the first certificate", wrongSettings]
  ]),
  ...node("UNABLE_TO_GET_ISSUER_CERT_LOCALLY")([
    ["tls", "unable to get local issuer certificate", wrongSettings]
  ]),
  ...node("ERR_TLS_CERT_ALTNAME_INVALID")([
    [
      "tls",
      "Hostname/IP does not match certificate's altnames: Host: localhost. is not in the cert's altnames: DNS:db.example.com",
      wrongSettings
    ]
  ]),
  ...node("EPROTO")([
    [
      "tls",
      "write EPROTO 80AB:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/openssl/ssl/record/ssl3_record.c:354:\n",
      wrongSettings
    ],
    [
      "tls",
      "write EPROTO 80AB:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1605:SSL alert number 40\n",
      wrongSettings
    ]
  ]),
  ...node(
    "EPROTO",
    "statement"
  )([
    [
      "tls",
      "read EPROTO 80AB:error:0A000119:SSL routines:ssl3_get_record:decryption failed or bad record mac:../deps/openssl/openssl/ssl/record/ssl3_record.c:622:\n",
      gone
    ]
  ]),
  ...node("ECONNRESET")([
    ["tls", "Client network socket disconnected before secure TLS connection was established", gone]
  ])
]

export const clients: ReadonlyArray<Entry> = [
  ...pgConnect,
  ...pgStatement,
  ...pgCommit,
  ...protocol,
  ...pool,
  ...url,
  ...network,
  ...tls
]
