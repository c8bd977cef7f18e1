import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Upstream from "@effect/sql-pg/PgClient"
import { Config, type ConfigError, Context, Duration, Effect, Layer, type Scope } from "effect"
import { Pool } from "../pool/Pool.ts"
import { ConnectError } from "../pool/PoolError.ts"
import { fromAcquire } from "./failure/PgError.ts"
import { dial } from "./opening/Dial.ts"
import { driverOf } from "./opening/Driver.ts"
import * as PgConnector from "./opening/PgConnector.ts"
import {
  type DescribedConfig,
  described,
  fromPoolOptions,
  initialization,
  type PgClientConfig,
  poolConfig
} from "./PgClientConfig.ts"
import * as PooledClient from "./PooledClient.ts"
import { poolModeOf } from "./session/PoolMode.ts"
import { optionalDuration, sessionSettings } from "./session/SessionSettings.ts"
import { silenceThresholdOf } from "./silence/WatchedConnector.ts"

export type { PgCustom } from "@effect/sql-pg/PgClient"
export { makeCompiler, PgClient, TypeId } from "@effect/sql-pg/PgClient"
export { Gap, type ListenEvent, Listening, Notification } from "./listen/ListenEvent.ts"
export { notifications } from "./listen/Notifications.ts"
export { environment } from "./opening/DatabaseVariables.ts"
export type { Driver } from "./opening/Driver.ts"
export type { PgClientConfig } from "./PgClientConfig.ts"
export type { PoolMode } from "./session/PoolMode.ts"
export { statementTimeout } from "./session/statementTimeout.ts"
export { replay } from "./statement/replay.ts"
export { transactionTimeout } from "./transaction/transactionTimeout.ts"

/** The fields of `@effect/sql-pg`'s, and of our own those that an existing pool leaves open. */
export interface PgClientFromPoolOptions
  extends Upstream.PgClientFromPoolOptions,
    Pick<
      PgClientConfig,
      | "acquireTimeout"
      | "connectTimeout"
      | "lazy"
      | "leakThreshold"
      | "listenHeartbeat"
      | "maxRetries"
      | "maxWaiting"
      | "pipelines"
      | "poolMode"
      | "poolName"
      | "preparedStatements"
      | "resolveCommits"
      | "retryDelay"
      | "silenceThreshold"
      | "statementTimeout"
      | "transactionTimeout"
      | "validateAfterIdle"
      | "validateTimeout"
    > {}

const settingsOf = (config: DescribedConfig) =>
  sessionSettings({
    preparedStatements: config.preparedStatements,
    statementTimeout: optionalDuration(config.statementTimeout),
    beginTimeout: poolConfig(config).acquireTimeout,
    looksAtSilence: Duration.isFinite(silenceThresholdOf(config)),
    poolMode: config.poolMode ?? poolModeOf(config.host)
  })

const build = (options: PgClientConfig) =>
  Effect.gen(function* () {
    const config = yield* described(options)
    const settings = yield* settingsOf(config)
    const pooled = PgConnector.make(dial(options), settings, initialization(options))
    return yield* PooledClient.make({ settings, pooled, auxiliary: pooled }, config)
  }).pipe(Effect.mapError(fromAcquire))

/** How long a session of theirs is kept that ours has no use for: others may wait for it. */
const borrowedFor = Duration.millis(100)

/** Our pool over theirs: it opens what theirs allows, keeps none, and proves what it lends. */
const buildFromPool = (options: PgClientFromPoolOptions) =>
  Effect.gen(function* () {
    const { acquire, ...fields } = options
    const pool = yield* acquire
    const config = yield* described({
      idleTimeout: borrowedFor,
      ...fields,
      ...fromPoolOptions(pool.options)
    })
    const settings = yield* settingsOf(config)
    const pooled = yield* PgConnector.fromPool(pool, settings)
    const own = Effect.succeed({ config: pool.options, Driver: driverOf(pool) })
    const auxiliary = PgConnector.make(own, settings)
    return yield* PooledClient.make({ settings, pooled, auxiliary }, config)
  }).pipe(Effect.mapError((error) => (error instanceof ConnectError ? fromAcquire(error) : error)))

/**
 * A client over a pool of its own, which lives as long as the scope.
 *
 * Fails with a `PgError` when the first connections can't be made: at once if the cause is fatal
 * (a wrong password, an unknown database, a bad address or certificate), else after the retries.
 */
export const make = (
  options: PgClientConfig
): Effect.Effect<Upstream.PgClient, SqlError, Scope.Scope | Reactivity.Reactivity> =>
  Effect.map(build(options), ({ client }) => client)

/**
 * A client over an existing `pg.Pool`, which `acquire` opens and closes. Its connections are validated,
 * replaced and cancelled as those of {@link make}; one without use goes back after a moment (100 ms),
 * and what listens, or asks after a lost COMMIT, has a connection beside it.
 */
export const fromPool = (
  options: PgClientFromPoolOptions
): Effect.Effect<Upstream.PgClient, SqlError, Scope.Scope | Reactivity.Reactivity> =>
  Effect.map(buildFromPool(options), ({ client }) => client)

type Provided = Upstream.PgClient | SqlClient.SqlClient | Pool

const provided = ({ client, pool }: PooledClient.Built): Context.Context<Provided> =>
  Context.make(Upstream.PgClient, client).pipe(
    Context.add(SqlClient.SqlClient, client),
    Context.add(Pool, pool)
  )

const layerOf = <E>(
  built: Effect.Effect<PooledClient.Built, E, Scope.Scope | Reactivity.Reactivity>
): Layer.Layer<Provided, E> =>
  Layer.provide(Layer.scopedContext(Effect.map(built, provided)), Reactivity.layer)

/** The client under `@effect/sql-pg`'s own tags, and its pool. Errors as {@link make}. */
export const layer = (options: PgClientConfig): Layer.Layer<Provided, SqlError> =>
  layerOf(build(options))

/** As {@link layer}, from configuration: for example {@link environment}. */
export const layerConfig = (
  config: Config.Config.Wrap<PgClientConfig>
): Layer.Layer<Provided, ConfigError.ConfigError | SqlError> =>
  layerOf(Effect.flatMap(Config.unwrap(config), build))

/** As {@link layer}, over an existing `pg.Pool`: see {@link fromPool}. */
export const layerFromPool = (options: PgClientFromPoolOptions): Layer.Layer<Provided, SqlError> =>
  layerOf(buildFromPool(options))
