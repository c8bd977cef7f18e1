import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect } from "effect"
import type * as pg from "pg"
import type { Connector, Loss } from "../pool/Connection.ts"
import { ConnectError } from "../pool/PoolError.ts"
import { PgConnection } from "./PgConnection.ts"
import { PgError } from "./PgError.ts"
import { leased } from "./PgStatements.ts"

type Initialize = (connection: SqlConnection) => Effect.Effect<void, SqlError>

const initializeError = (error: SqlError): ConnectError =>
  new ConnectError({
    message: `the first connection could not be initialized: ${error.message}`,
    isFatal: !(error instanceof PgError && error.isRetryable),
    provesRestart: false,
    cause: error
  })

/** A pooler can let a client in whose server is away: only an answer shows that it is there. */
const unproven = ({ message, provesRestart }: Loss): ConnectError =>
  new ConnectError({
    message: `connected, but ${message}`,
    isFatal: false,
    provesRestart
  })

/** Runs `initialize` once; connections opened meanwhile wait for it. */
const once = (initialize: Initialize) => {
  const lock = Effect.unsafeMakeSemaphore(1)
  let done = false
  return (connection: PgConnection): Effect.Effect<void, ConnectError> =>
    lock.withPermits(1)(
      Effect.suspend(() =>
        done
          ? Effect.mapError(connection.validate, unproven)
          : Effect.map(
              Effect.mapError(
                initialize(leased(connection, { inTransaction: false, tenure: { isOver: false } })),
                initializeError
              ),
              () => {
                done = true
              }
            )
      )
    )
}

/** Takes sessions out of somebody else's pool. */
export const fromPool = (pool: pg.Pool): Connector<PgConnection> => ({
  connect: (onLoss) => PgConnection.fromPool(pool, onLoss)
})

/** Opens sessions with one server; the first is initialized before it counts as open. */
export const make = (
  config: pg.ClientConfig,
  initialize: Initialize = (connection) =>
    Effect.asVoid(connection.executeUnprepared("SELECT 1", [], undefined))
): Connector<PgConnection> => {
  const initialized = once(initialize)
  return {
    connect: (onLoss) =>
      Effect.tap(PgConnection.connect(config, onLoss), (connection) =>
        Effect.onError(initialized(connection), () =>
          Effect.sync(() => connection.abandon("it could not be initialized"))
        )
      )
  }
}
