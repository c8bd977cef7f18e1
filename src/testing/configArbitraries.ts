import { Duration, FastCheck } from "effect"
import { defaults, type PoolConfig } from "../pool/PoolConfig.ts"
import type { PgClientConfig } from "../sql/PgClientConfig.ts"

const { constantFrom, integer, nat, record } = FastCheck

// The smallest pools first, since the others shrink to them.
const sizes = record({ max: integer({ min: 1, max: 10 }), min: nat({ max: 10 }) }).map(
  ({ max, min }) => ({ max, min: Math.min(min, max) })
)

/** From never trusting an idle connection to trusting it for longer than most outages take. */
const validateAfterIdle = constantFrom(Duration.zero, Duration.millis(50), Duration.seconds(1))
const idleTimeout = constantFrom(Duration.minutes(5), Duration.seconds(1), Duration.millis(50))
const maxLifetime = constantFrom(Duration.minutes(30), Duration.seconds(1), Duration.millis(100))

/**
 * Sizes and times of a pool of `holdfast/pool` at random, within what is sensible; all else as
 * `PoolConfig` says. They shrink to a pool of one connection.
 */
export const poolConfigs: FastCheck.Arbitrary<PoolConfig> = record({
  sizes,
  validateAfterIdle,
  idleTimeout,
  maxLifetime
}).map(({ sizes, ...times }) => ({ ...defaults, ...sizes, ...times }))

/** Configurations of `PgClient.layer` of `holdfast` that are legal: spread one into your own. */
export const clientConfigs: FastCheck.Arbitrary<
  Pick<
    PgClientConfig,
    | "minConnections"
    | "maxConnections"
    | "validateAfterIdle"
    | "idleTimeout"
    | "connectionTTL"
    | "preparedStatements"
  >
> = record({ config: poolConfigs, preparedStatements: constantFrom(100, 1, 0) }).map(
  ({ config, preparedStatements }) => ({
    minConnections: config.min,
    maxConnections: config.max,
    validateAfterIdle: config.validateAfterIdle,
    idleTimeout: config.idleTimeout,
    connectionTTL: config.maxLifetime,
    preparedStatements
  })
)
