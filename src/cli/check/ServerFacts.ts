import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"

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
  /** Sessions of clients at this moment, this one's included. */
  readonly inUse: number
  readonly idleSessionTimeout: number
  readonly idleInTransactionTimeout: number
  readonly statementTimeout: number
  /** Seconds until the server's first probe of a silent client. */
  readonly keepalivesIdle: number
}

/** A setting in its base unit; a server that does not know it has none. */
const setting = (name: string) =>
  `coalesce((SELECT setting FROM pg_settings WHERE name = '${name}'), '0')`

const allowed = (call: string) => `has_function_privilege('${call}', 'EXECUTE')`

/** One round trip; every role may ask. `$1`: our tables. */
const question = `SELECT current_setting('server_version'), ${setting("server_version_num")},
  pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on',
  current_user, rolsuper,
  current_schema(), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
  ARRAY(SELECT name FROM unnest($1::text[]) AS name, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS p
    WHERE NOT has_table_privilege(to_regclass(name)::oid, p) GROUP BY name ORDER BY name),
  current_setting('track_activities') = 'on',
  ${allowed("pg_control_system()")} AND ${allowed("pg_control_checkpoint()")},
  ${setting("max_connections")}, ${setting("superuser_reserved_connections")},
  ${setting("reserved_connections")}, rolconnlimit,
  (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
  (SELECT count(*)::int FROM pg_stat_activity
    WHERE backend_type = 'client backend' OR backend_type IS NULL AND datid IS NOT NULL),
  ${setting("idle_session_timeout")}, ${setting("idle_in_transaction_session_timeout")},
  ${setting("statement_timeout")}, ${setting("tcp_keepalives_idle")}
  FROM pg_roles WHERE rolname = current_user`

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
  inUse: Number(row[16]),
  idleSessionTimeout: Number(row[17]),
  idleInTransactionTimeout: Number(row[18]),
  statementTimeout: Number(row[19]),
  keepalivesIdle: Number(row[20])
})

/** Asks the server about itself. */
export const serverFacts = (
  connection: SqlConnection,
  tables: ReadonlyArray<string>
): Effect.Effect<ServerFacts, SqlError> =>
  Effect.map(connection.executeValues(question, [tables]), ([row = []]) => ({
    ...whoItIs(row),
    ...whatItGrants(row)
  }))
