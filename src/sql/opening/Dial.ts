import { readFile } from "node:fs/promises"
import type { ConnectionOptions } from "node:tls"
import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, Redacted } from "effect"
import * as pg from "pg"
import { ConnectError } from "../../pool/PoolError.ts"
import { PgError } from "../failure/PgError.ts"
import type { PgClientConfig } from "../PgClientConfig.ts"
import { bound } from "./ChannelBinding.ts"
import { type DatabaseUrl, parseOptionalUrl } from "./DatabaseUrl.ts"
import { adapted, type DriverClass } from "./Driver.ts"
import { type TlsMode, tlsOptions, type UrlParameters } from "./TlsMode.ts"

/**
 * Until the first probe of TCP's keepalive, which costs nothing and wakes no database: most routers
 * forget a connection after some minutes of silence.
 */
const keepAliveAfter = Duration.minutes(1)

/** What it takes to open one session. */
export interface Dial {
  readonly config: pg.ClientConfig
  readonly Driver: DriverClass
}

const unreadable = (parameter: string, path: string, cause: unknown): ConnectError =>
  new ConnectError({
    message: `${parameter} in the URL names the file ${path}, which can't be read (${
      cause instanceof Error && "code" in cause ? cause.code : "unknown error"
    }): correct the path, or make the file readable`,
    isFatal: true,
    provesRestart: false
  })

const parameters = { ca: "sslrootcert", cert: "sslcert", key: "sslkey" } as const
const fields = ["ca", "cert", "key"] as const

const pemFiles = ({ files }: TlsMode): Effect.Effect<ConnectionOptions, ConnectError> => {
  const named = fields.flatMap((field) => {
    const path = files[field]
    return path === undefined ? [] : [{ field, path }]
  })
  const read = Effect.forEach(named, ({ field, path }) =>
    Effect.tryPromise({
      try: async () => [field, await readFile(path, "utf8")] as const,
      catch: (cause) => unreadable(parameters[field], path, cause)
    })
  )
  return Effect.map(read, (entries) => Object.fromEntries(entries))
}

const noPassword = (error: SqlError | ConnectError): ConnectError =>
  error._tag === "ConnectError"
    ? error
    : new ConnectError({
        message: `no password could be had: ${error.message}`,
        isFatal: error instanceof PgError && !error.isRetryable,
        provesRestart: false,
        cause: error
      })

const passwordOf = (
  { password }: PgClientConfig,
  url: DatabaseUrl
): Effect.Effect<Redacted.Redacted | undefined, ConnectError> =>
  Effect.isEffect(password)
    ? // What can't be interrupted goes on alone, so that the deadline holds.
      Effect.disconnect(Effect.mapError(password, noPassword))
    : Effect.succeed(url.password ?? password)

/** The parameters of a URL that the driver reads, and no others: it has more fields than that. */
const settings = ({
  application_name,
  client_encoding,
  fallback_application_name,
  idle_in_transaction_session_timeout: idle,
  lock_timeout: lock,
  options,
  query_timeout: query,
  statement_timeout: statement
}: UrlParameters): pg.ClientConfig => ({
  ...(application_name && { application_name }),
  ...(client_encoding && { client_encoding }),
  ...(fallback_application_name && { fallback_application_name }),
  ...(idle && { idle_in_transaction_session_timeout: Number.parseInt(idle, 10) }),
  ...(lock && { lock_timeout: Number.parseInt(lock, 10) }),
  ...(options && { options }),
  ...(query && { query_timeout: Number.parseInt(query, 10) }),
  ...(statement && { statement_timeout: Number.parseInt(statement, 10) })
})

const addressOf = (config: PgClientConfig, url: DatabaseUrl): pg.ClientConfig => {
  const host = url.host ?? config.path ?? config.host
  const port = url.port ?? config.port
  const database = url.database ?? config.database
  const user = url.username ?? config.username
  return {
    ...(host && { host }),
    ...(port && { port }),
    ...(database && { database }),
    ...(user && { user })
  }
}

const driverOf = ({ driver }: PgClientConfig, { tls }: DatabaseUrl): DriverClass => {
  const Driver = driver === undefined ? pg.Client : adapted(driver)
  return tls.channelBinding === "require" ? bound(Driver) : Driver
}

const securityOf = (config: PgClientConfig, { tls }: DatabaseUrl) =>
  Effect.map(pemFiles(tls), (pem) => {
    const ssl = tlsOptions(tls, pem, config.ssl)
    return {
      ...(ssl === undefined ? {} : { ssl }),
      ...(tls.isDirect && { sslnegotiation: "direct" as const }),
      enableChannelBinding: tls.channelBinding !== "disable"
    }
  })

/**
 * Finds out anew how to open a session: it reads the files that the URL names, and asks for the
 * password. Fails with a `ConnectError` that is fatal if no later try can succeed.
 */
export const dial = (config: PgClientConfig): Effect.Effect<Dial, ConnectError> =>
  Effect.gen(function* () {
    const url = yield* parseOptionalUrl(config.url)
    const security = yield* securityOf(config, url)
    const password = yield* passwordOf(config, url)
    return {
      Driver: driverOf(config, url),
      config: {
        application_name: config.applicationName ?? "holdfast",
        ...settings(url.parameters),
        ...addressOf(config, url),
        ...security,
        ...(password && { password: Redacted.value(password) }),
        ...(config.stream && { stream: config.stream }),
        ...(config.types && { types: config.types }),
        keepAlive: true,
        keepAliveInitialDelayMillis: Duration.toMillis(keepAliveAfter)
      }
    }
  })
