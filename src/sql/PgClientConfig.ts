import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Upstream from "@effect/sql-pg/PgClient"
import { Duration, Effect, Redacted } from "effect"
import type * as pg from "pg"
import { defaults, type PoolConfig } from "../pool/PoolConfig.ts"
import type { ConnectError } from "../pool/PoolError.ts"
import { type DatabaseUrl, parseOptionalUrl } from "./opening/DatabaseUrl.ts"
import type { Driver } from "./opening/Driver.ts"
import type { Initialization } from "./opening/PgConnector.ts"
import type { PoolMode } from "./session/PoolMode.ts"

/** The knobs of the pool that a client's configuration has under the same names. */
const poolKnobs = [
  "acquireTimeout",
  "maxWaiting",
  "maxRetries",
  "retryDelay",
  "validateAfterIdle",
  "validateTimeout",
  "keepalive",
  "leakThreshold"
] as const

type NamedKnobs = Pick<PoolConfig, (typeof poolKnobs)[number]>

/** The text of each is that of `PoolConfig`: a mapped type keeps it. */
type PoolKnobs = {
  readonly [Name in keyof NamedKnobs]?:
    | (NamedKnobs[Name] extends Duration.Duration ? Duration.DurationInput : NamedKnobs[Name])
    | undefined
}

/**
 * The fields of `@effect/sql-pg`'s `PgClientConfig`, and the pool's own.
 *
 * Of upstream's, `minConnections` and `maxConnections` are the pool's `min` and `max`, and
 * `connectionTTL` its `maxLifetime`; defaults as documented on `PoolConfig`. What `url` says wins over
 * the other fields, as in the driver; they add what it leaves out.
 */
export interface PgClientConfig extends Omit<Upstream.PgClientConfig, "password">, PoolKnobs {
  /**
   * An Effect is run for every connection that is opened, so that a token may expire: within
   * `connectTimeout`, and in place of a password in `url`. What it fails with is told like any failed
   * try to connect, and tried again unless it is a `PgError` that is not retryable or a fatal
   * `ConnectError`.
   */
  readonly password?:
    | Redacted.Redacted
    | Effect.Effect<Redacted.Redacted, SqlError | ConnectError>
    | undefined
  /**
   * The class that opens sessions: `pg.Client` (default), or one with its interface, such as `Client`
   * of `@neondatabase/serverless`. One that brings its own transport also secures it: on a WebSocket
   * `sslmode` is passed on, and `channel_binding` has no meaning.
   */
  readonly driver?: Driver | undefined
  /** What the pool is called in metrics. Default: `host:port/database`. */
  readonly poolName?: string | undefined
  /**
   * How long a statement may take from being sent to its answer; see `statementTimeout`, which sets
   * another limit for one effect. Default: no limit.
   */
  readonly statementTimeout?: Duration.DurationInput | undefined
  /**
   * How long a transaction may take from BEGIN to the answer of COMMIT; see `transactionTimeout`,
   * which sets another limit for one effect. Default: no limit.
   */
  readonly transactionTimeout?: Duration.DurationInput | undefined
  /**
   * Most statements that one connection keeps prepared on the server; 0: none. A text is prepared
   * when it is run a second time. Default 100.
   */
  readonly preparedStatements?: number | undefined
  /**
   * Lets short questions (`SELECT`, `VALUES` and `TABLE` without `FOR UPDATE` and the like, outside
   * transactions) of many fibers share a connection: each is sent behind those under way, without
   * waiting for their answers. Only a text joins that has been seen to be quick, where all under way take
   * the server no more than 2 ms; 16 at most. Each keeps an outcome of its own, and interrupting one cancels
   * no other. One that is not answered within 100 ms is cancelled and sent again alone, so that it holds up
   * nobody. What it costs: where a connection is lost, all that were under way on it are in doubt.
   * Not with a time limit below 250 ms, nor behind a pooler. Default true.
   */
  readonly pipelines?: boolean | undefined
  /**
   * Finds out what became of a COMMIT whose answer was lost, for as long as `acquireTimeout`. For
   * that each transaction learns its id, in the round trips of its statements. False: such a
   * transaction fails with the outcome `Unknown`. Default true.
   */
  readonly resolveCommits?: boolean | undefined
  /**
   * Silence after which the server is asked, on a connection beside the pool, what the backend of a
   * statement is doing. One that works or waits for a lock or a standby is left alone, and looked at
   * again after as long, then twice as long, up to 20 times: a database is asked only while it is busy.
   * One that has had nothing to do for half of this time, although its statement was not answered, is
   * given up at the second look, a quarter later: the network has swallowed the statement or its answer.
   * It fails like one whose connection was lost, and its locks are freed.
   *
   * Where nobody can be asked there is no evidence, and the statement goes on waiting: limit it with
   * `statementTimeout`. Nor is there any outside a transaction behind a pooler (see `poolMode`).
   *
   * Default 750 ms, by which it is found out within 2 s. An infinite duration turns it off.
   */
  readonly silenceThreshold?: Duration.DurationInput | undefined
  /**
   * To what a pooler or proxy in between gives a backend: `"session"` or `"transaction"`, as PgBouncer
   * calls it. Where it is the session, its silence can be judged outside transactions as well. Without
   * a proxy it has no meaning. Default: `"session"` at Neon's direct endpoints, by the name of the host;
   * else `"transaction"`.
   */
  readonly poolMode?: PoolMode | undefined
  /**
   * How often an idle listening session is asked for a sign of life, so that a network that has
   * forgotten it is noticed within that time rather than by TCP's keepalive. Each keeps a serverless
   * database awake. Default: never.
   */
  readonly listenHeartbeat?: Duration.DurationInput | undefined
  /** Build the layer without waiting for the database: see `PoolConfig.lazy`. Default false. */
  readonly lazy?: boolean | undefined
  /**
   * Runs once, on the pool's first connection and before any is lent. While it fails the pool counts
   * the connection as not made, and tries again. Callers who wait meanwhile do so for `acquireTimeout`;
   * what listens, and what looks at silent sessions, does not wait for it.
   */
  readonly initialize?: ((connection: SqlConnection) => Effect.Effect<void, SqlError>) | undefined
  /**
   * How long `initialize` may take; `connectTimeout` is over by then. When it is up the statement under
   * way is cancelled and the session ended, so that no lock stays behind, and it is tried again on
   * another one. Default 10 minutes: for the indexes of a large table; infinite: no limit.
   */
  readonly initializeTimeout?: Duration.DurationInput | undefined
}

/** A configuration as clients expose it: as upstream's, a password that is an Effect is none. */
export interface DescribedConfig extends PgClientConfig {
  readonly password?: Redacted.Redacted | undefined
}

const duration = (input: Duration.DurationInput | undefined, fallback: Duration.Duration) =>
  input === undefined ? fallback : Duration.decode(input)

const knob = (config: PoolKnobs, name: keyof NamedKnobs): Duration.Duration | number => {
  const input = config[name]
  const fallback = defaults[name]
  if (input === undefined) return fallback
  // A number is a count where the default is one, and else milliseconds.
  return typeof input === "number" && typeof fallback === "number" ? input : Duration.decode(input)
}

const namedKnobs = (config: PoolKnobs): NamedKnobs =>
  Object.fromEntries(poolKnobs.map((name) => [name, knob(config, name)])) as NamedKnobs

/** As OpenTelemetry's conventions name a pool that nobody has named. */
const nameOf = ({ database, host, port, username }: PgClientConfig): string =>
  `${host ?? "localhost"}:${port ?? 5432}/${database ?? username ?? "postgres"}`

/** The pool's knobs of a client's configuration. */
export const poolConfig = (config: PgClientConfig): PoolConfig => {
  const max = config.maxConnections ?? defaults.max
  return {
    ...defaults,
    ...namedKnobs(config),
    name: config.poolName ?? nameOf(config),
    min: config.minConnections ?? Math.min(defaults.min, max),
    max,
    connectTimeout: duration(config.connectTimeout, defaults.connectTimeout),
    idleTimeout: duration(config.idleTimeout, defaults.idleTimeout),
    maxLifetime: duration(config.connectionTTL, defaults.maxLifetime),
    lazy: config.lazy ?? defaults.lazy
  }
}

/** The default documented on {@link PgClientConfig}. */
export const defaultInitializeTimeout = Duration.minutes(10)

/** What a configuration wants done on the first connection. */
export const initialization = (config: PgClientConfig): Initialization | undefined =>
  config.initialize && {
    initialize: config.initialize,
    timeout: duration(config.initializeTimeout, defaultInitializeTimeout)
  }

/** What the options of an existing pool say, in our fields. */
export const fromPoolOptions = (options: pg.PoolOptions): PgClientConfig => ({
  url: options.connectionString ? Redacted.make(options.connectionString) : undefined,
  host: options.host,
  port: options.port,
  database: options.database,
  username: options.user,
  password: typeof options.password === "string" ? Redacted.make(options.password) : undefined,
  ssl: options.ssl,
  applicationName: options.application_name,
  types: options.types,
  minConnections: 0,
  maxConnections: options.max
})

const sslOf = ({ tls }: DatabaseUrl, field: PgClientConfig["ssl"]): PgClientConfig["ssl"] => {
  if (tls.verification === undefined) return field
  return tls.verification !== "off" && (typeof field === "object" ? field : true)
}

const filledIn = (config: PgClientConfig, url: DatabaseUrl): DescribedConfig => {
  const { password, ...rest } = config
  const constant = Redacted.isRedacted(password) ? password : undefined
  return {
    ...rest,
    host: url.host ?? config.host,
    port: url.port ?? config.port,
    username: url.username ?? config.username,
    password: Effect.isEffect(password) ? undefined : (url.password ?? constant),
    database: url.database ?? config.database,
    ssl: sslOf(url, config.ssl)
  }
}

/**
 * The configuration with what its URL says put in, as upstream's clients expose it. Fails with a
 * fatal `ConnectError`, which does not repeat it, if the URL is none or contradicts itself.
 */
export const described = (config: PgClientConfig): Effect.Effect<DescribedConfig, ConnectError> =>
  Effect.map(parseOptionalUrl(config.url), (url) => filledIn(config, url))
