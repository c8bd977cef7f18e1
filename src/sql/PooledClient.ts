import type * as Reactivity from "@effect/experimental/Reactivity"
import type { Custom } from "@effect/sql/Statement"
import * as Statement from "@effect/sql/Statement"
import * as Upstream from "@effect/sql-pg/PgClient"
import { Effect, type Scope } from "effect"
import type { Connector } from "../pool/Connection.ts"
import type { LendingPool } from "../pool/Pool.ts"
import * as PoolModule from "../pool/Pool.ts"
import type { ConnectError } from "../pool/PoolError.ts"
import * as Auxiliary from "./Auxiliary.ts"
import { fromAcquire } from "./failure/PgError.ts"
import * as IndependentClient from "./IndependentClient.ts"
import * as Notifications from "./listen/Notifications.ts"
import { type DescribedConfig, type PgClientConfig, poolConfig } from "./PgClientConfig.ts"
import type { PgConnection } from "./session/PgConnection.ts"
import { optionalDuration, type SessionSettings } from "./session/SessionSettings.ts"
import { watched } from "./silence/WatchedConnector.ts"
import { BorrowedStatements } from "./statement/PgStatements.ts"
import { Pipelines } from "./statement/Pipelines.ts"
import { beginCounting } from "./statement/Recovery.ts"
import * as CommitResolver from "./transaction/CommitResolver.ts"
import { HeldSession, HeldStatements } from "./transaction/HeldSession.ts"
import { withTransaction } from "./transaction/Transaction.ts"
import { acquirer } from "./transaction/TransactionLevel.ts"

/** Where sessions come from, and what they have in common. */
export interface Connectors {
  readonly settings: SessionSettings
  /** For the pool. */
  readonly pooled: Connector<PgConnection>
  /** For the sessions beside it: one that listens, and one that asks about others. */
  readonly auxiliary: Connector<PgConnection>
}

/** A client, and the pool under it. */
export interface Built {
  readonly client: Upstream.PgClient
  readonly pool: LendingPool<PgConnection>
}

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
const reserve = (pool: LendingPool<PgConnection>) =>
  Effect.flatMap(Effect.mapError(pool.acquire, fromAcquire), (connection) => {
    const session = new HeldSession(connection)
    const over = Effect.sync(() => {
      session.isOver = true
    })
    return Effect.as(
      Effect.addFinalizer(() => over),
      new HeldStatements(session)
    )
  })

const resolver = (
  pool: LendingPool<PgConnection>,
  auxiliary: Auxiliary.Auxiliary,
  config: PgClientConfig
) =>
  config.resolveCommits === false
    ? Effect.succeed(undefined)
    : CommitResolver.make(Auxiliary.orPooled(auxiliary, pool), poolConfig(config).acquireTimeout)

/** The client's own methods over a pool. */
const overPool = (
  pool: LendingPool<PgConnection>,
  connectors: Connectors,
  auxiliary: Auxiliary.Auxiliary,
  config: DescribedConfig
): Effect.Effect<Upstream.PgClient, never, Scope.Scope | Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const attributes = spanAttributes(config)
    const { settings } = connectors
    const { max: replays } = poolConfig(config)
    const transactions = {
      pool,
      replays,
      resolver: yield* resolver(pool, auxiliary, config),
      timeout: optionalDuration(config.transactionTimeout)
    }
    const pipelines =
      config.pipelines === false ? undefined : yield* Pipelines.make(pool, settings.clock)
    const outside = new BorrowedStatements({ pool, settings, replays, pipelines })
    const find = acquirer(pool, outside)
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
      withTransaction: withTransaction(transactions, attributes),
      listen: yield* Notifications.make(connectors.auxiliary, pool, config),
      notify: (channel: string, payload: string) =>
        Effect.asVoid(sql`SELECT pg_notify(${channel}, ${payload})`)
    })
  })

/** Builds the pool and the client over it; both live as long as the scope. */
export const make = (
  connectors: Connectors,
  config: DescribedConfig
): Effect.Effect<Built, ConnectError, Scope.Scope | Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const { connectTimeout } = poolConfig(config)
    yield* beginCounting
    const auxiliary = yield* Auxiliary.make({ connector: connectors.auxiliary, connectTimeout })
    const pooled = yield* watched(connectors.pooled, auxiliary, config)
    const pool = yield* PoolModule.make(pooled, poolConfig(config))
    const client = yield* overPool(pool, connectors, auxiliary, config)
    return { client, pool }
  })
