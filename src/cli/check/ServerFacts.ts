import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"

/** Sessions of clients at this moment, but for those of who asks. */
export interface Sessions {
  readonly all: number
  /** Those of the role that asks, which its limit counts. */
  readonly role: number
  /** Those in this database. */
  readonly database: number
  /** Those of the service that is to run here: same role, database and name. */
  readonly fleet: number
}

/** What a server says of itself and of the role that asks. Times in milliseconds, 0: none. */
export interface ServerFacts {
  /** Such as "18.4". */
  readonly version: string
  /** Such as 180004. */
  readonly versionNumber: number
  readonly isStandby: boolean
  /** New transactions may not write, by a setting. */
  readonly isReadOnly: boolean
  readonly user: string
  readonly isSuperuser: boolean
  /** The schema in which tables are created; absent: the search path names none. */
  readonly schema: string | undefined
  readonly mayCreate: boolean
  /** Tables of ours that exist and that the role may not use in every way that is needed. */
  readonly unusable: ReadonlyArray<string>
  /** What a session does is shown to its own role. */
  readonly tracksActivity: boolean
  /** The role may ask which server it is on, and how its log stands. */
  readonly mayIdentify: boolean
  readonly maxConnections: number
  readonly superuserReserved: number
  readonly reserved: number
  readonly roleLimit: number
  readonly databaseLimit: number
  readonly inUse: Sessions
  readonly idleSessionTimeout: number
  readonly idleInTransactionTimeout: number
  readonly statementTimeout: number
  /** Seconds until the server's first probe of a silent client. */
  readonly keepalivesIdle: number
}

/** A setting in its base unit; a server that does not know it has none. */
const setting = (name: string) =>
  `coalesce((SELECT setting FROM pg_settings WHERE name = '${name}'), '0')`

/** The name of the session that asks, unless the URL gives it another. */
export const ownName = "holdfast check"

/** What the service calls its sessions: as the URL says, or by the client's own name. */
const serviceName = `coalesce(nullif(current_setting('application_name'), '${ownName}'), 'holdfast')`

const ofRole = "usename = current_user"
const inDatabase = "datname = current_database()"

/** All of them, by what the limits count and by who they are. */
const sessions = `SELECT count(*)::int AS total, count(*) FILTER (WHERE ${ofRole})::int AS of_role,
    count(*) FILTER (WHERE ${inDatabase})::int AS in_database,
    count(*) FILTER (WHERE ${ofRole} AND ${inDatabase} AND application_name = ${serviceName})::int AS of_service
  FROM pg_stat_activity
  WHERE pid <> pg_backend_pid() AND pid <> ALL($2)
    AND (backend_type = 'client backend' OR backend_type IS NULL AND datid IS NOT NULL)`

const allowed = (call: string) => `has_function_privilege('${call}', 'EXECUTE')`

/** The service needs no right to what it never does: docs/security.md advises not to give it. */
const isNeverChanged = "name = 'audit_events' AND p IN ('UPDATE', 'DELETE')"

/** One round trip; every role may ask. `$1`: our tables; `$2`: backends of who asks. */
const question = `SELECT current_setting('server_version'), ${setting("server_version_num")},
  pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',
  current_user, rolsuper,
  current_schema(), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
  ARRAY(SELECT name FROM unnest($1::text[]) AS name, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS p
    WHERE NOT has_table_privilege(to_regclass(name)::oid, p) AND NOT (${isNeverChanged})
    GROUP BY name ORDER BY name),
  current_setting('track_activities') = 'on',
  ${allowed("pg_control_system()")} AND ${allowed("pg_control_checkpoint()")},
  ${setting("max_connections")}, ${setting("superuser_reserved_connections")},
  ${setting("reserved_connections")}, rolconnlimit,
  (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
  total, of_role, in_database, of_service,
  ${setting("idle_session_timeout")}, ${setting("idle_in_transaction_session_timeout")},
  ${setting("statement_timeout")}, ${setting("tcp_keepalives_idle")}
  FROM pg_roles, (${sessions}) AS sessions WHERE rolname = current_user`

type Row = ReadonlyArray<unknown>

const whoItIs = (row: Row) => ({
  version: String(row[0]).split(" ")[0] ?? "",
  versionNumber: Number(row[1]),
  isStandby: row[2] === true,
  isReadOnly: row[3] === true,
  user: String(row[4]),
  isSuperuser: row[5] === true,
  schema: typeof row[6] === "string" ? row[6] : undefined,
  mayCreate: row[7] === true,
  unusable: Array.isArray(row[8]) ? row[8].map(String) : [],
  tracksActivity: row[9] === true,
  mayIdentify: row[10] === true
})

const whatItGrants = (row: Row) => ({
  maxConnections: Number(row[11]),
  superuserReserved: Number(row[12]),
  reserved: Number(row[13]),
  roleLimit: Number(row[14]),
  databaseLimit: Number(row[15]),
  inUse: {
    all: Number(row[16]),
    role: Number(row[17]),
    database: Number(row[18]),
    fleet: Number(row[19])
  },
  idleSessionTimeout: Number(row[20]),
  idleInTransactionTimeout: Number(row[21]),
  statementTimeout: Number(row[22]),
  keepalivesIdle: Number(row[23])
})

/** Asks the server about itself, and about sessions other than `own`. */
export const serverFacts = (
  connection: SqlConnection,
  tables: ReadonlyArray<string>,
  own: ReadonlyArray<string>
): Effect.Effect<ServerFacts, SqlError> =>
  Effect.map(connection.executeValues(question, [tables, own.map(Number)]), ([row = []]) => ({
    ...whoItIs(row),
    ...whatItGrants(row)
  }))
