import {
  type Entry,
  expected,
  gone,
  noEntry,
  overloaded,
  restarted,
  voice,
  wrongLogin,
  wrongSettings
} from "./Entry.ts"

/** What only a broken, full or restarting server says. The rest is provoked in SqlStates.test.ts. */
const server = (
  code: string,
  routine: string,
  severity = "FATAL",
  phase: "connect" | "statement" | "commit" = "connect"
) => voice("postgresql@18 src/backend", phase, { severity, code, routine })

const starting = [
  ...server(
    "57P03",
    "ProcessStartupPacket"
  )([
    ["tcop/backend_startup.c", "the database system is starting up", restarted],
    ["tcop/backend_startup.c", "the database system is shutting down", restarted],
    ["tcop/backend_startup.c", "the database system is in recovery mode", restarted],
    ["tcop/backend_startup.c", "the database system is not yet accepting connections", restarted]
  ]),
  ...server(
    "53300",
    "ProcessStartupPacket"
  )([["tcop/backend_startup.c", "sorry, too many clients already", overloaded]]),
  ...server(
    "53300",
    "InitPostgres"
  )([
    [
      "utils/init/postinit.c",
      "remaining connection slots are reserved for roles with the SUPERUSER attribute",
      overloaded
    ]
  ]),
  ...server(
    "28000",
    "ClientAuthentication"
  )([
    [
      "libpq/auth.c",
      'no pg_hba.conf entry for host "203.0.113.7", user "ada", database "shop", no encryption',
      wrongLogin
    ]
  ]),
  ...server(
    "0A000",
    "ProcessStartupPacket"
  )([
    [
      "tcop/backend_startup.c",
      "unsupported frontend protocol 4.0: server supports 3.0 to 3.2",
      wrongSettings
    ]
  ]),
  ...server(
    "42501",
    "CheckMyDatabase"
  )([["utils/init/postinit.c", 'permission denied for database "shop"', noEntry]])
]

const ending = [
  ...server(
    "57P01",
    "ProcessInterrupts",
    "FATAL",
    "commit"
  )([["tcop/postgres.c", "terminating connection due to administrator command", gone]]),
  ...server(
    "57P02",
    "quickdie",
    "WARNING",
    "statement"
  )([
    [
      "tcop/postgres.c",
      "terminating connection because of crash of another server process",
      restarted
    ]
  ]),
  ...server(
    "57P04",
    "ProcessRecoveryConflictInterrupt",
    "FATAL",
    "statement"
  )([["tcop/postgres.c", "terminating connection due to conflict with recovery", wrongSettings]]),
  ...server(
    "40001",
    "ProcessRecoveryConflictInterrupt",
    "FATAL",
    "statement"
  )([
    [
      "tcop/postgres.c",
      "terminating connection due to conflict with recovery",
      expected("SerializationError", "retryable", "ends the session")
    ]
  ]),
  ...server(
    "08006",
    "SocketBackend",
    "FATAL",
    "statement"
  )([["tcop/postgres.c", "connection to client lost", gone]]),
  ...server(
    "53100",
    "XLogFileInitInternal",
    "PANIC",
    "commit"
  )([
    [
      "access/transam/xlog.c",
      'could not write to file "pg_wal/xlogtemp.7": No space left on device',
      overloaded
    ]
  ]),
  ...server(
    "57P01",
    "ProcessInterrupts",
    "FATAL",
    "statement"
  )([["tcop/postgres.c", "terminating connection due to administrator command", gone]])
]

const rolledBack = (code: string, routine: string) => {
  const says = server(code, routine, "ERROR", "statement")
  return (where: string, message: string, verdict: ReturnType<typeof expected>) =>
    says([[where, message, verdict, "RolledBack"]])
}

const scarce = expected("ResourceError", "retryable")
const broken = expected("ResourceError", "retryable", "ends the session")
const unknown = expected("UnknownError")

const troubled = [
  ...rolledBack("53100", "mdextend")(
    "storage/smgr/md.c",
    'could not extend file "base/5/16384": No space left on device',
    scarce
  ),
  ...rolledBack("53200", "MemoryContextAllocationFailure")(
    "utils/mmgr/mcxt.c",
    "out of memory",
    scarce
  ),
  ...rolledBack("53200", "LockAcquireExtended")(
    "storage/lmgr/lock.c",
    "out of shared memory",
    scarce
  ),
  ...rolledBack("53400", "FileWriteV")(
    "storage/file/fd.c",
    'temporary file size exceeds "temp_file_limit" (1024kB)',
    scarce
  ),
  ...rolledBack("58030", "mdread")(
    "storage/smgr/md.c",
    'could not read blocks 0..0 in file "base/5/16384": Input/output error',
    broken
  ),
  ...rolledBack("XX001", "buffer_readv_report")(
    "storage/buffer/bufmgr.c",
    'invalid page in block 0 of relation "base/5/16384"',
    unknown
  ),
  ...rolledBack("XX000", "RelationIdGetRelation")(
    "utils/cache/relcache.c",
    "cache lookup failed for relation 16384",
    unknown
  ),
  ...rolledBack("40001", "ProcessRecoveryConflictInterrupt")(
    "tcop/postgres.c",
    "canceling statement due to conflict with recovery",
    expected("SerializationError", "retryable")
  ),
  ...rolledBack("25006", "PreventCommandDuringRecovery")(
    "tcop/utility.c",
    "cannot execute LOCK TABLE during recovery",
    expected("ReadOnlyError", "retryable", "ends the session")
  ),
  ...rolledBack("57P01", "pgfdw_report_error")(
    "contrib/postgres_fdw/connection.c",
    "terminating connection due to administrator command",
    expected("ConnectionError", "retryable")
  ),
  ...rolledBack("08001", "connect_pg_server")(
    "contrib/postgres_fdw/connection.c",
    'could not connect to server "reports"',
    expected("ConnectionError", "retryable")
  )
]

export const postgres: ReadonlyArray<Entry> = [...starting, ...ending, ...troubled]
