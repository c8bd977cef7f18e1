import { Config, ConfigError, Either, Option } from "effect"
import { defaults } from "../../pool/PoolConfig.ts"
import * as Variable from "../../settings/Variable.ts"
import type { PgClientConfig } from "../PgClientConfig.ts"

const isAddress = (text: string) =>
  /^postgres(ql)?:\/\/./.test(text) ? Option.some(text) : Option.none()

const address = {
  allowed: 'an address like "postgresql://user:password@host/database"',
  read: isAddress,
  otherwise: "an embedded server, outside production"
}

/** Where the database is; the first of them that is set counts. */
export const databaseVariables = {
  neonDbUrl: Variable.secret("NEON_DB_URL", {
    ...address,
    meaning: "the address of the database, as Neon shows it"
  }),
  databaseUrl: Variable.secret("DATABASE_URL", {
    ...address,
    meaning: "the same under the name that most platforms set; NEON_DB_URL goes before it"
  })
}

const anHour = "1 hour"

/** The knobs of the pool that most often differ between deployments. */
export const poolVariables = {
  minConnections: Variable.integer("DB_POOL_MIN", {
    meaning: "connections opened at the start and kept when idle",
    min: 0,
    max: 1000,
    fallback: defaults.min
  }),
  maxConnections: Variable.integer("DB_POOL_MAX", {
    meaning: "connections at any time; all instances together must fit the server's limit",
    min: 1,
    max: 1000,
    fallback: defaults.max
  }),
  connectTimeout: Variable.duration("DB_CONNECT_TIMEOUT", {
    meaning: "longest time for one connection to open, a cold start of the database included",
    min: "100 millis",
    max: anHour,
    fallback: defaults.connectTimeout
  }),
  acquireTimeout: Variable.duration("DB_ACQUIRE_TIMEOUT", {
    meaning: "longest wait of one caller for a connection",
    min: "100 millis",
    max: anHour,
    fallback: defaults.acquireTimeout
  }),
  maxRetries: Variable.integer("DB_MAX_RETRIES", {
    meaning: "further tries when the pool is built and the database is away",
    min: 0,
    max: 1000,
    fallback: defaults.maxRetries
  }),
  retryDelay: Variable.duration("DB_RETRY_DELAY", {
    meaning: "delay before the first of them; it doubles",
    min: "1 milli",
    max: anHour,
    fallback: defaults.retryDelay
  }),
  idleTimeout: Variable.duration("DB_IDLE_TIMEOUT", {
    meaning: "how long a connection above DB_POOL_MIN is kept without use",
    min: "1 second",
    max: "1 day",
    fallback: defaults.idleTimeout
  }),
  connectionTTL: Variable.duration("DB_MAX_LIFETIME", {
    meaning: "how long a connection is used before another takes its place",
    min: "1 second",
    max: "7 days",
    fallback: defaults.maxLifetime
  })
}

/** The address of the database. */
export const databaseUrl = Config.mapOrFail(
  Config.all(databaseVariables),
  ({ databaseUrl, neonDbUrl }) =>
    Either.fromNullable(neonDbUrl ?? databaseUrl, () =>
      ConfigError.MissingData(["NEON_DB_URL"], "or DATABASE_URL must be set")
    )
)

/** The whole client from the environment, for `PgClient.layerConfig`. */
export const environment: Config.Config<PgClientConfig> = Config.map(
  Config.all({ url: databaseUrl, pool: Config.all(poolVariables) }),
  ({ pool, url }) => ({ ...pool, url })
)
