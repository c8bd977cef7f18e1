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

const held = { inTransaction: false, tenure: { isOver: false } }

/**
 * Runs `initialize` once; connections opened meanwhile wait for it. Afterwards they only prove
 * themselves, side by side: one that the network swallows must not hold up the others.
 */
const once = (initialize: Initialize) => {
  const lock = Effect.unsafeMakeSemaphore(1)
  let done = false
  const first = (connection: PgConnection): Effect.Effect<void, ConnectError> =>
    Effect.map(Effect.mapError(initialize(leased(connection, held)), initializeError), () => {
      done = true
    })
  const proven = (connection: PgConnection): Effect.Effect<void, ConnectError> =>
    Effect.mapError(connection.validate, unproven)
  return (connection: PgConnection): Effect.Effect<void, ConnectError> =>
    Effect.suspend(() =>
      done
        ? proven(connection)
        : Effect.flatten(
            lock.withPermits(1)(
              Effect.suspend(() =>
                done
                  ? Effect.succeed(proven(connection))
                  : Effect.as(first(connection), Effect.void)
              )
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
