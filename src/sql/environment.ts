import { Config, Option } from "effect"
import type { PgClientConfig } from "./PgClientConfig.ts"

const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.map(Config.option(config), Option.getOrUndefined)

/** The address of the database: `NEON_DB_URL`, else `DATABASE_URL`. */
export const databaseUrl = Config.orElse(
  Config.redacted(Config.nonEmptyString("NEON_DB_URL")),
  () => Config.redacted(Config.nonEmptyString("DATABASE_URL"))
)

/** The pool's knobs; absent ones keep their defaults. Durations as Effect reads them: "500 millis". */
export const poolEnvironment = Config.all({
  minConnections: optional(Config.integer("DB_POOL_MIN")),
  maxConnections: optional(Config.integer("DB_POOL_MAX")),
  connectTimeout: optional(Config.duration("DB_CONNECT_TIMEOUT")),
  acquireTimeout: optional(Config.duration("DB_ACQUIRE_TIMEOUT")),
  maxRetries: optional(Config.integer("DB_MAX_RETRIES")),
  retryDelay: optional(Config.duration("DB_RETRY_DELAY"))
})

/** The whole client from the environment, for `PgClient.layerConfig`. */
export const environment: Config.Config<PgClientConfig> = Config.map(
  Config.all([databaseUrl, poolEnvironment]),
  ([url, pool]) => ({ ...pool, url })
)
