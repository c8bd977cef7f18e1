import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import type * as Upstream from "@effect/sql-pg/PgClient"
import { Duration, Effect, Redacted } from "effect"
import type * as pg from "pg"
import { type ConnectionOptions, parse } from "pg-connection-string"
import { defaults, type PoolConfig } from "../pool/PoolConfig.ts"
import { ConnectError } from "../pool/PoolError.ts"

/**
 * The fields of `@effect/sql-pg`'s `PgClientConfig`, and the pool's own.
 *
 * Of upstream's, `minConnections` and `maxConnections` are the pool's `min` and `max`, and
 * `connectionTTL` its `maxLifetime`; defaults as documented on `PoolConfig`.
 */
export interface PgClientConfig extends Upstream.PgClientConfig {
  readonly acquireTimeout?: Duration.DurationInput | undefined
  readonly maxRetries?: number | undefined
  readonly retryDelay?: Duration.DurationInput | undefined
  readonly validateAfterIdle?: Duration.DurationInput | undefined
  readonly validateTimeout?: Duration.DurationInput | undefined
  /** Build the layer without waiting for the database: see `PoolConfig.lazy`. Default false. */
  readonly lazy?: boolean | undefined
  /**
   * Runs once, on the first connection and before any is lent; no statement comes before it. While
   * it fails the pool counts the connection as not made, and tries again.
   */
  readonly initialize?: ((connection: SqlConnection) => Effect.Effect<void, SqlError>) | undefined
}

const duration = (input: Duration.DurationInput | undefined, fallback: Duration.Duration) =>
  input === undefined ? fallback : Duration.decode(input)

/** The pool's knobs of a client's configuration. */
export const poolConfig = (config: PgClientConfig): PoolConfig => {
  const max = config.maxConnections ?? defaults.max
  return {
    ...defaults,
    min: config.minConnections ?? Math.min(defaults.min, max),
    max,
    connectTimeout: duration(config.connectTimeout, defaults.connectTimeout),
    acquireTimeout: duration(config.acquireTimeout, defaults.acquireTimeout),
    maxRetries: config.maxRetries ?? defaults.maxRetries,
    retryDelay: duration(config.retryDelay, defaults.retryDelay),
    validateAfterIdle: duration(config.validateAfterIdle, defaults.validateAfterIdle),
    validateTimeout: duration(config.validateTimeout, defaults.validateTimeout),
    idleTimeout: duration(config.idleTimeout, defaults.idleTimeout),
    maxLifetime: duration(config.connectionTTL, defaults.maxLifetime),
    lazy: config.lazy ?? defaults.lazy
  }
}

/**
 * Takes the TLS mode out of a URL as the driver would read it: `require` and stricter mean a
 * verified certificate. The driver itself prints a warning for every one of them.
 */
const withoutSslMode = (
  url: string
): { readonly url: string; readonly ssl?: pg.ClientConfig["ssl"] } => {
  const mode = /[?&]sslmode=([a-z-]+)/.exec(url)?.[1]
  if (mode === undefined || /[?&](sslcert|sslkey|sslrootcert|uselibpqcompat)=/.test(url))
    return { url }
  const rest = url.replace(/([?&])sslmode=[a-z-]+(&|$)/, (_, open: string, end: string) =>
    end === "&" ? open : ""
  )
  if (mode === "disable") return { url: rest, ssl: false }
  return { url: rest, ssl: mode === "no-verify" ? { rejectUnauthorized: false } : true }
}

/** The driver's configuration for one connection. */
export const clientConfig = (config: PgClientConfig): pg.ClientConfig => {
  const address = config.url === undefined ? undefined : withoutSslMode(Redacted.value(config.url))
  const ssl = config.ssl ?? address?.ssl
  return {
    ...(address === undefined ? {} : { connectionString: address.url }),
    ...(config.host === undefined ? {} : { host: config.host }),
    ...(config.path === undefined ? {} : { host: config.path }),
    ...(config.port === undefined ? {} : { port: config.port }),
    ...(config.database === undefined ? {} : { database: config.database }),
    ...(config.username === undefined ? {} : { user: config.username }),
    ...(config.password === undefined ? {} : { password: Redacted.value(config.password) }),
    ...(ssl === undefined ? {} : { ssl }),
    ...(config.stream === undefined ? {} : { stream: config.stream }),
    ...(config.types === undefined ? {} : { types: config.types }),
    application_name: config.applicationName ?? "holdfast",
    keepAlive: true
  }
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

/** The driver would take any text for the name of a database on a host called "base". */
const address = /^(postgres(ql)?:\/\/|socket:|\/)/i

const badUrl = new ConnectError({
  message:
    "Invalid URL of the database: expected postgresql://user:password@host:port/database, with special characters in the password percent-encoded",
  isFatal: true,
  provesRestart: false
})

const parsed = (url: Redacted.Redacted): Effect.Effect<ConnectionOptions, ConnectError> =>
  address.test(Redacted.value(url))
    ? Effect.try({ try: () => parse(Redacted.value(url)), catch: () => badUrl })
    : Effect.fail(badUrl)

const filledIn = (config: PgClientConfig, parsed: ConnectionOptions): PgClientConfig => {
  const port = Number(parsed.port)
  return {
    ...config,
    host: config.host ?? parsed.host ?? undefined,
    port: config.port ?? (port > 0 ? port : undefined),
    username: config.username ?? parsed.user ?? undefined,
    password: config.password ?? (parsed.password ? Redacted.make(parsed.password) : undefined),
    database: config.database ?? parsed.database ?? undefined
  }
}

/**
 * The configuration with what its URL says filled in, as upstream's clients expose it. Fails with a
 * fatal `ConnectError`, which does not repeat it, if the URL is none.
 */
export const described = (config: PgClientConfig): Effect.Effect<PgClientConfig, ConnectError> =>
  config.url === undefined
    ? Effect.succeed(config)
    : Effect.map(parsed(config.url), (parsed) => filledIn(config, parsed))
