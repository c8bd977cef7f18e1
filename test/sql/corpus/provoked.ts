import type { Outcome } from "../../../src/sql/failure/PgError.ts"
import { type Expected, expected, gone, type Phase, wrongLogin, wrongSettings } from "./Entry.ts"
import {
  cachedPlan,
  connecting,
  deadlock,
  discarded,
  during,
  failedTransaction,
  locked,
  notAllowed,
  type Provoke,
  raise,
  serialization,
  statements,
  tooFewValues,
  tooManyOfRole,
  whileIdle,
  writeSkew,
  wrongPassword
} from "./Provoke.ts"

export interface Provocation extends Expected {
  readonly name: string
  readonly code: string
  readonly phase: Phase
  readonly provoke: Provoke
  readonly outcome: Outcome
  /** What the client knows of the statement, where that decides. */
  readonly text?: string
}

const unknown = expected("UnknownError")
const syntax = expected("SqlSyntaxError")
const constraint = expected("ConstraintError")
const stale = expected("UnknownError", "retryable")
const busy = expected("LockTimeoutError", "retryable")
const elsewhere = expected("ConnectionError", "retryable")

type Row = readonly [code: string, name: string, provoke: Provoke, expected: Expected]

const as =
  (phase: Phase, outcome: Outcome, text?: string) =>
  (rows: ReadonlyArray<Row>): ReadonlyArray<Provocation> =>
    rows.map(([code, name, provoke, { reason, traits }]) => ({
      name,
      code,
      phase,
      provoke,
      reason,
      traits,
      outcome,
      ...(text === undefined ? {} : { text })
    }))

const refusals = as(
  "connect",
  "NotSent"
)([
  ["28P01", "a wrong password", wrongPassword, wrongLogin],
  ["3D000", "an unknown database", connecting({ database: "nosuch" }), wrongSettings],
  [
    "53300",
    "a role's last connection",
    tooManyOfRole,
    expected("ResourceError", "retryable", "ends the session")
  ],
  ["42704", "an unknown parameter", connecting({ options: "-c nosuch=1" }), wrongSettings],
  ["22023", "a parameter out of range", connecting({ options: "-c work_mem=-9" }), wrongSettings]
])

const ends = as(
  "statement",
  "RolledBack"
)([
  ["57P05", "idle_session_timeout", whileIdle("SET idle_session_timeout = '30ms'"), gone],
  [
    "25P03",
    "idle_in_transaction_session_timeout",
    whileIdle("SET idle_in_transaction_session_timeout = '30ms'; BEGIN"),
    gone
  ]
])

const interruptions = [
  ...as(
    "statement",
    "Unknown"
  )([
    ["57P01", "pg_terminate_backend", during("pg_terminate_backend"), gone],
    [
      "25P04",
      "transaction_timeout",
      statements("SET transaction_timeout = '30ms'", "SELECT pg_sleep(10)"),
      expected("TransactionTimeoutError", "retryable", "ends the session")
    ]
  ]),
  ...as(
    "statement",
    "RolledBack"
  )([
    [
      "57014",
      "pg_cancel_backend",
      during("pg_cancel_backend"),
      expected("StatementTimeoutError", "retryable")
    ],
    [
      "57014",
      "statement_timeout",
      statements("SET statement_timeout = '20ms'", "SELECT pg_sleep(10)"),
      expected("StatementTimeoutError")
    ]
  ])
]

const conflicts = as(
  "statement",
  "RolledBack"
)([
  ["40P01", "a deadlock", deadlock, expected("DeadlockError", "retryable")],
  ["40001", "a concurrent update", serialization, expected("SerializationError", "retryable")],
  ["55P03", "lock_timeout", locked, busy],
  [
    "55006",
    "a table that is in use",
    statements(
      "CREATE TEMPORARY TABLE used (a int); BEGIN; DECLARE c CURSOR FOR SELECT * FROM used",
      "DROP TABLE used"
    ),
    busy
  ],
  ["26000", "a discarded statement", discarded, stale],
  [
    "42P05",
    "a statement prepared twice",
    statements("PREPARE twice AS SELECT 1", "PREPARE twice AS SELECT 1"),
    stale
  ],
  ["0A000", "a plan that a table outgrew", cachedPlan, stale],
  ["25P02", "a transaction that failed", failedTransaction, unknown],
  [
    "25006",
    "a read-only transaction",
    statements("CREATE TABLE frozen (a int); BEGIN READ ONLY", "INSERT INTO frozen VALUES (1)"),
    expected("ReadOnlyError", "retryable", "ends the session")
  ]
])

const atCommit = as(
  "commit",
  "RolledBack"
)([
  ["40001", "a write skew", writeSkew, expected("SerializationError", "retryable")],
  [
    "23503",
    "a deferred constraint",
    statements(
      "CREATE TEMPORARY TABLE parent (a int PRIMARY KEY)",
      "CREATE TEMPORARY TABLE child (a int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
      "BEGIN; INSERT INTO child VALUES (1)",
      "COMMIT"
    ),
    constraint
  ]
])

const one = (text: string): Provoke => statements(text)
const unique = "CREATE TEMPORARY TABLE u (a int PRIMARY KEY, b int NOT NULL, c int CHECK (c > 0))"

const judged = as(
  "statement",
  "RolledBack"
)([
  ["08P01", "too few values", tooFewValues, syntax],
  ["42601", "a syntax error", one("SELEC 1"), syntax],
  ["42P01", "an unknown table", one("SELECT * FROM nosuch"), syntax],
  ["42703", "an unknown column", one("SELECT nosuch"), syntax],
  ["42883", "an unknown function", one("SELECT nosuch(1)"), syntax],
  ["3D000", "a statement about an unknown database", one("DROP DATABASE nosuch"), syntax],
  ["3F000", "an unknown schema", one("CREATE TABLE nosuch.t (a int)"), syntax],
  [
    "23505",
    "a duplicate",
    statements(`${unique}; INSERT INTO u VALUES (1, 1)`, "INSERT INTO u VALUES (1, 1)"),
    expected("UniqueViolation")
  ],
  ["23502", "a missing value", statements(unique, "INSERT INTO u VALUES (1, NULL)"), constraint],
  ["23514", "a check", statements(unique, "INSERT INTO u VALUES (1, 1, -1)"), constraint],
  [
    "23P01",
    "an exclusion",
    statements(
      "CREATE TEMPORARY TABLE x (r int4range, EXCLUDE USING gist (r WITH &&)); INSERT INTO x VALUES ('[1,3)')",
      "INSERT INTO x VALUES ('[2,4)')"
    ),
    constraint
  ],
  ["22P02", "a malformed number", one("SELECT 'one'::int"), unknown],
  ["22012", "a division by zero", one("SELECT 1/0"), unknown],
  [
    "22001",
    "a value that is too long",
    statements("CREATE TEMPORARY TABLE s (a varchar(1))", "INSERT INTO s VALUES ('ab')"),
    unknown
  ],
  ["22003", "a number out of range", one("SELECT 99999::smallint"), unknown],
  ["22008", "a date that is none", one("SELECT '2024-13-01'::date"), unknown],
  ["21000", "more than one row", one("SELECT (SELECT generate_series(1, 2))"), unknown],
  [
    "25001",
    "CREATE DATABASE in a transaction",
    statements("BEGIN", "CREATE DATABASE never"),
    unknown
  ],
  [
    "2BP01",
    "a table that others need",
    statements(
      "CREATE TABLE base (a int); CREATE VIEW over_base AS SELECT * FROM base",
      "DROP TABLE base"
    ),
    unknown
  ],
  ["34000", "an unknown cursor", one("FETCH nosuch"), unknown],
  ["3B001", "an unknown savepoint", statements("BEGIN", "ROLLBACK TO nosuch"), unknown],
  [
    "55000",
    "a sequence without a value",
    statements("CREATE TEMPORARY SEQUENCE q", "SELECT currval('q')"),
    unknown
  ],
  ["58P01", "a file that is not there", one("SELECT pg_read_file('/nosuch/file')"), unknown],
  [
    "0A000",
    "what is not implemented",
    one("SELECT count(*) FROM pg_class FOR UPDATE"),
    expected("UnknownError")
  ],
  ["42501", "a missing privilege", notAllowed, expected("AuthorizationError")]
])

/** A function may raise any code with any message; it is no proxy, and its session goes on. */
const raisedByFunctions = as(
  "statement",
  "Unknown",
  "DO $$ … $$"
)([
  ["P0001", "timeout expired", raise("P0001", "timeout expired"), unknown],
  ["P0001", "SASL", raise("P0001", "SASL: client password must be a string"), unknown],
  ["XX000", "not found", raise("XX000", "endpoint not found, quota exceeded"), unknown],
  ["08P01", "no such user", raise("08P01", "no such user"), syntax],
  ["28P01", "wrong password", raise("28P01", "wrong password"), expected("AuthenticationError")],
  ["57P03", "starting up", raise("57P03", "the database system is starting up"), elsewhere],
  ["57P05", "idle", raise("57P05", "idle"), elsewhere],
  ["08006", "lost", raise("08006", "connection lost"), elsewhere]
])

export const provocations: ReadonlyArray<Provocation> = [
  ...refusals,
  ...ends,
  ...interruptions,
  ...conflicts,
  ...atCommit,
  ...judged,
  ...raisedByFunctions
]
