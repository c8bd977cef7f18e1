import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Custom } from "@effect/sql/Statement"
import * as Statement from "@effect/sql/Statement"
import * as Upstream from "@effect/sql-pg/PgClient"
import { Config, type ConfigError, Context, Effect, Layer, type Scope } from "effect"
import type { Connector } from "../pool/Connection.ts"
import * as PoolModule from "../pool/Pool.ts"
import { Pool, type PoolOf } from "../pool/Pool.ts"
import { ConnectError } from "../pool/PoolError.ts"
import * as IndependentClient from "./IndependentClient.ts"
import { listen } from "./Notifications.ts"
import {
  clientConfig,
  described,
  fromPoolOptions,
  type PgClientConfig,
  poolConfig
} from "./PgClientConfig.ts"
import type { PgConnection } from "./PgConnection.ts"
import * as PgConnector from "./PgConnector.ts"
import { fromAcquire } from "./PgError.ts"
import { borrowed, leased } from "./PgStatements.ts"
import { acquirer, withTransaction } from "./Transaction.ts"

export { makeCompiler, PgClient, TypeId } from "@effect/sql-pg/PgClient"
export { environment } from "./environment.ts"
export type { PgClientConfig } from "./PgClientConfig.ts"
export { replay } from "./replay.ts"
export { statementTimeout } from "./statementTimeout.ts"

const json = Statement.custom<Custom<"PgJson", unknown>>("PgJson")

const spanAttributes = (config: PgClientConfig): ReadonlyArray<readonly [string, unknown]> => [
  ...Object.entries(config.spanAttributes ?? {}),
  ["db.system.name", "postgresql"],
  ["db.namespace", config.database ?? config.username ?? "postgres"],
  ["server.address", config.host ?? "localhost"],
  ["server.port", config.port ?? 5432]
]

const rowTransform = ({ transformJson, transformResultNames }: PgClientConfig) =>
  transformResultNames === undefined
    ? {}
    : { transformRows: Statement.defaultTransforms(transformResultNames, transformJson).array }

/** A session for the caller alone, until its scope closes. */
const reserve = (pool: PoolOf<PgConnection>) =>
  Effect.flatMap(Effect.mapError(pool.acquire, fromAcquire), (connection) => {
    const tenure = { isOver: false }
    const over = Effect.sync(() => {
      tenure.isOver = true
    })
    return Effect.as(
      Effect.addFinalizer(() => over),
      leased(connection, { inTransaction: false, tenure })
    )
  })

const overPool = (
  pool: PoolOf<PgConnection>,
  connector: Connector<PgConnection>,
  config: PgClientConfig
): Effect.Effect<Upstream.PgClient, never, Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const attributes = spanAttributes(config)
    const { connectTimeout, max: replays } = poolConfig(config)
    const find = acquirer(pool, borrowed(pool, replays))
    const sql = yield* IndependentClient.make({
      acquirer: find,
      transactionAcquirer: reserve(pool),
      compiler: Upstream.makeCompiler(config.transformQueryNames, config.transformJson),
      spanAttributes: attributes,
      ...rowTransform(config)
    })
    return Object.assign(sql, {
      [Upstream.TypeId]: Upstream.TypeId,
      config,
      json,
      withTransaction: withTransaction({ pool, replays }, attributes),
      listen: (channel: string) => listen({ connector, connectTimeout }, channel),
      notify: (channel: string, payload: string) =>
        Effect.asVoid(sql`SELECT pg_notify(${channel}, ${payload})`)
    })
  })

interface Built {
  readonly client: Upstream.PgClient
  readonly pool: PoolOf<PgConnection>
}

const over = (
  connector: Connector<PgConnection>,
  config: PgClientConfig
): Effect.Effect<Built, ConnectError, Scope.Scope | Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const pool = yield* PoolModule.make(connector, poolConfig(config))
    const client = yield* overPool(pool, connector, config)
    return { client, pool }
  })

const build = (options: PgClientConfig) =>
  Effect.flatMap(described(options), (config) =>
    over(PgConnector.make(clientConfig(options), options.initialize), config)
  ).pipe(Effect.mapError(fromAcquire))

/** Our pool over theirs: it opens what theirs allows, keeps no minimum, and proves what it lends. */
const buildFromPool = (options: Upstream.PgClientFromPoolOptions) =>
  Effect.gen(function* () {
    const { acquire, ...fields } = options
    const pool = yield* acquire
    // Without a listener, an idle connection that ends would end the process.
    pool.on("error", () => undefined)
    const config = yield* described({ ...fields, ...fromPoolOptions(pool.options) })
    return yield* over(PgConnector.fromPool(pool), config)
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
 * A client over an existing `pg.Pool`, which `acquire` opens and closes. Its connections are borrowed
 * for as long as ours keeps them, and validated, replaced and cancelled as those of {@link make}.
 */
export const fromPool = (
  options: Upstream.PgClientFromPoolOptions
): Effect.Effect<Upstream.PgClient, SqlError, Scope.Scope | Reactivity.Reactivity> =>
  Effect.map(buildFromPool(options), ({ client }) => client)

type Provided = Upstream.PgClient | SqlClient.SqlClient | Pool

const provided = ({ client, pool }: Built): Context.Context<Provided> =>
  Context.make(Upstream.PgClient, client).pipe(
    Context.add(SqlClient.SqlClient, client),
    Context.add(Pool, pool)
  )

const layerOf = <E>(
  built: Effect.Effect<Built, E, Scope.Scope | Reactivity.Reactivity>
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
export const layerFromPool = (
  options: Upstream.PgClientFromPoolOptions
): Layer.Layer<Provided, SqlError> => layerOf(buildFromPool(options))
