import { chown, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Context, Deferred, Effect, Layer, Redacted, Schedule, type Scope } from "effect"
import * as pg from "pg"
import { freePort, host } from "../../src/testing/FreePort.ts"
import { type RunningProgram, signalProgram, startProgram } from "../../src/testing/Program.ts"
import { chooseAccount } from "../../src/testing/ServerAccount.ts"
import { openDirectory } from "../../src/testing/ServerDirectory.ts"
import { makeGuard } from "../../src/testing/ServerGuard.ts"
import { knowsPreparedStatements, program } from "./PgBouncerProgram.ts"

/** When a session of PgBouncer's is given to another client. */
export type PoolMode = "transaction" | "session"

/** What a pooler stands in front of, and how. */
export interface PgBouncerOptions {
  /** The database, with the user and the password by which both sides log in. */
  readonly database: Redacted.Redacted<string>
  readonly mode: PoolMode
  /** Settings by name, such as `{ query_wait_timeout: "1" }`. They win over ours. */
  readonly settings?: Readonly<Record<string, string>>
}

/** How many sessions a pooler holds with its database. */
export const serverConnections = 2

/** As on Neon (compute/etc/pgbouncer.ini), but for the size of the pool and where it listens. */
const defaults = (mode: PoolMode): Readonly<Record<string, string>> => ({
  auth_type: "scram-sha-256",
  pool_mode: mode,
  default_pool_size: String(serverConnections),
  max_client_conn: "200",
  server_reset_query: "DISCARD ALL",
  ignore_startup_parameters: "extra_float_digits",
  ...(knowsPreparedStatements ? { max_prepared_statements: "0" } : {}),
  log_connections: "0",
  log_disconnections: "0"
})

interface Plan extends PgBouncerOptions {
  readonly port: number
  readonly users: string
}

/** Every name of a database leads to the same server, as on Neon. */
const configuration = ({ database, mode, port, settings, users }: Plan): string => {
  const server = new URL(Redacted.value(database))
  const fixed = {
    listen_addr: host,
    listen_port: String(port),
    unix_socket_dir: "",
    auth_file: users,
    admin_users: decodeURIComponent(server.username)
  }
  const lines = Object.entries({ ...defaults(mode), ...settings, ...fixed }).map(
    ([name, value]) => `${name} = ${value}`
  )
  const databases = `* = host=${server.hostname} port=${server.port} application_name=pgbouncer`
  return ["[databases]", databases, "[pgbouncer]", ...lines, ""].join("\n")
}

const quoted = (text: string): string => `"${decodeURIComponent(text).replaceAll('"', '""')}"`

const login = (database: Redacted.Redacted<string>): string => {
  const { password, username } = new URL(Redacted.value(database))
  return `${quoted(username)} ${quoted(password)}\n`
}

const through = (database: Redacted.Redacted<string>, port: number, name?: string) => {
  const url = new URL(Redacted.value(database))
  url.host = `${host}:${port}`
  if (name !== undefined) url.pathname = `/${name}`
  return Redacted.make(url.href)
}

/** One command on the pooler's own console. */
const ask = (console: Redacted.Redacted<string>, command: string) =>
  Effect.tryPromise(async () => {
    const client = new pg.Client({
      connectionString: Redacted.value(console),
      connectionTimeoutMillis: 1_000
    })
    client.on("error", () => undefined)
    try {
      await client.connect()
      return (await client.query<Readonly<Record<string, unknown>>>(command)).rows
    } finally {
      await client.end().catch(() => undefined)
    }
  })

/** A real PgBouncer on 127.0.0.1, for as long as a scope, and no longer if this process is killed. */
export class PgBouncer extends Context.Tag("test/PgBouncer")<
  PgBouncer,
  {
    /** The database's URL, with the pooler's address. */
    readonly url: Redacted.Redacted<string>
    /** Always `"127.0.0.1"`. */
    readonly host: string
    /** Stays the same through every kill and start. */
    readonly port: number
    /** The answer of the pooler's admin console to a command, such as `SHOW SERVERS`. */
    readonly admin: (
      command: string
    ) => Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>>
    /** Ends it without a word to anybody (SIGKILL). */
    readonly kill: Effect.Effect<void>
    /** Has it leave in order, without waiting for its clients. */
    readonly stop: Effect.Effect<void>
    /** Starts it again, and waits until it answers. */
    readonly start: Effect.Effect<void>
  }
>() {
  /** Starts a pooler and waits until it answers. Dies, with what it has printed, if it does not. */
  static make(options: PgBouncerOptions): Effect.Effect<PgBouncer["Type"], never, Scope.Scope> {
    return Effect.orDie(make(options))
  }

  /** `make` as a Layer. */
  static layer<E = never, R = never>(
    options: Effect.Effect<PgBouncerOptions, E, R>
  ): Layer.Layer<PgBouncer, E, Exclude<R, Scope.Scope>> {
    return Layer.scoped(PgBouncer, Effect.flatMap(options, PgBouncer.make))
  }
}

/** The files it reads, owned by whom it runs as: they hold the password. */
const writeFiles = (directory: string, ids: { uid: number; gid: number } | undefined, plan: Plan) =>
  Effect.promise(async () => {
    const file = join(directory, "pgbouncer.ini")
    for (const [path, text] of [
      [file, configuration(plan)],
      [plan.users, login(plan.database)]
    ] as const) {
      await writeFile(path, text, { mode: 0o600 })
      if (ids !== undefined) await chown(path, ids.uid, ids.gid)
    }
    return file
  })

/** Waits until it answers, or has ended. */
const awaitReady = (running: RunningProgram, console: Redacted.Redacted<string>) =>
  Effect.raceFirst(
    Effect.retry(ask(console, "SHOW VERSION"), Schedule.spaced("10 millis")),
    Effect.flatMap(Deferred.await(running.ended), ({ output }) =>
      Effect.dieMessage(`pgbouncer has ended:\n${output}`)
    )
  ).pipe(Effect.timeout("10 seconds"))

const end = (running: RunningProgram | undefined, signal: NodeJS.Signals) =>
  running === undefined
    ? Effect.void
    : Effect.asVoid(Effect.zipRight(signalProgram(running, signal), Deferred.await(running.ended)))

const make = Effect.fn("PgBouncer.make")(function* (options: PgBouncerOptions) {
  const directory = yield* openDirectory(undefined)
  const watcher = yield* makeGuard(directory)
  const { file, immediately } = yield* program
  const account = yield* chooseAccount({ postgres: file, initdb: file }, directory)
  const port = yield* freePort
  const plan = { ...options, port, users: join(directory.path, "users.txt") }
  const ini = yield* writeFiles(directory.path, account.ids, plan)
  const console = through(options.database, port, "pgbouncer")
  let running: RunningProgram | undefined
  const spawned = startProgram(account.program(file, [ini]), ["ignore", "pipe", "pipe"], watcher)
  const start = Effect.gen(function* () {
    running = yield* spawned
    yield* awaitReady(running, console)
  })
  yield* Effect.addFinalizer(() => Effect.suspend(() => end(running, "SIGKILL")))
  yield* start
  return PgBouncer.of({
    url: through(options.database, port),
    host,
    port,
    admin: (command) => Effect.orDie(ask(console, command)),
    kill: Effect.suspend(() => end(running, "SIGKILL")),
    stop: Effect.suspend(() => end(running, immediately)),
    start: Effect.orDie(start)
  })
})
