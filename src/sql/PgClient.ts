import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { Custom } from "@effect/sql/Statement"
import * as Statement from "@effect/sql/Statement"
import * as Upstream from "@effect/sql-pg/PgClient"
import { Config, type ConfigError, Context, Effect, Layer, type Scope } from "effect"
import * as PoolModule from "../pool/Pool.ts"
import { Pool, type PoolOf } from "../pool/Pool.ts"
import { listen } from "./Notifications.ts"
import { clientConfig, described, type PgClientConfig, poolConfig } from "./PgClientConfig.ts"
import type { PgConnection } from "./PgConnection.ts"
import * as PgConnector from "./PgConnector.ts"
import { fromAcquire } from "./PgError.ts"
import { borrowed, leased } from "./PgStatements.ts"
import { withTransaction } from "./Transaction.ts"

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

const overPool = (
  pool: PoolOf<PgConnection>,
  connector: ReturnType<typeof PgConnector.make>,
  config: PgClientConfig
): Effect.Effect<Upstream.PgClient, never, Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const attributes = spanAttributes(config)
    const replays = poolConfig(config).max
    const reserve = Effect.mapBoth(pool.acquire, {
      onFailure: fromAcquire,
      onSuccess: (connection) => leased(connection)
    })
    const sql = yield* SqlClient.make({
      acquirer: Effect.succeed(borrowed(pool, replays)),
      transactionAcquirer: reserve,
      compiler: Upstream.makeCompiler(config.transformQueryNames, config.transformJson),
      spanAttributes: attributes,
      ...rowTransform(config)
    })
    return Object.assign(sql, {
      [Upstream.TypeId]: Upstream.TypeId,
      config,
      json,
      withTransaction: withTransaction({ pool, replays }, attributes),
      listen: (channel: string) => listen(connector, channel),
      notify: (channel: string, payload: string) =>
        Effect.asVoid(sql`SELECT pg_notify(${channel}, ${payload})`)
    })
  })

const build = (options: PgClientConfig) =>
  Effect.gen(function* () {
    const config = yield* described(options)
    const connector = PgConnector.make(clientConfig(options), options.initialize)
    const pool = yield* PoolModule.make(connector, poolConfig(options))
    const client = yield* overPool(pool, connector, config)
    return { client, pool }
  }).pipe(Effect.mapError(fromAcquire))

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

type Provided = Upstream.PgClient | SqlClient.SqlClient | Pool

const context = (options: PgClientConfig) =>
  Effect.map(build(options), ({ client, pool }) =>
    Context.make(Upstream.PgClient, client).pipe(
      Context.add(SqlClient.SqlClient, client),
      Context.add(Pool, pool)
    )
  )

/** The client under `@effect/sql-pg`'s own tags, and its pool. Errors as {@link make}. */
export const layer = (options: PgClientConfig): Layer.Layer<Provided, SqlError> =>
  Layer.provide(Layer.scopedContext(context(options)), Reactivity.layer)

/** As {@link layer}, from configuration: for example {@link environment}. */
export const layerConfig = (
  config: Config.Config.Wrap<PgClientConfig>
): Layer.Layer<Provided, ConfigError.ConfigError | SqlError> =>
  Layer.provide(
    Layer.scopedContext(Effect.flatMap(Config.unwrap(config), context)),
    Reactivity.layer
  )
