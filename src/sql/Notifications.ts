import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, type Scope, Stream } from "effect"
import * as pg from "pg"
import type { Connector, Loss } from "../pool/Connection.ts"
import { ConnectError } from "../pool/PoolError.ts"
import type { PgConnection } from "./PgConnection.ts"
import { fromAcquire, fromCause, type PgError } from "./PgError.ts"
import { statementTimeout } from "./statementTimeout.ts"

/** How long the goodbye may take before the socket is dropped. */
const closeTimeout = Duration.seconds(1)

const outsideTransaction = { phase: "statement", inTransaction: false } as const

/** How a client listens. */
export interface Listening {
  readonly connector: Connector<PgConnection>
  readonly connectTimeout: Duration.Duration
}

const tooSlow = (connectTimeout: Duration.Duration) => () =>
  new ConnectError({
    message: `no connection to listen on within ${Duration.format(connectTimeout)}`,
    isFatal: false,
    provesRestart: false
  })

/** A session outside the pool, which tells of its loss. */
const session = (
  { connectTimeout, connector }: Listening,
  onLoss: (error: PgError) => void
): Effect.Effect<PgConnection, PgError, Scope.Scope> => {
  const lost = ({ message }: Loss) =>
    onLoss(fromCause(new Error(message), { ...outsideTransaction, sent: true }))
  const connect = Effect.timeoutFail(Effect.interruptible(connector.connect(lost)), {
    duration: connectTimeout,
    onTimeout: tooSlow(connectTimeout)
  })
  return Effect.uninterruptibleMask((restore) =>
    Effect.tap(restore(Effect.mapError(connect, fromAcquire)), (connection) =>
      Effect.addFinalizer(() =>
        Effect.timeoutOption(Effect.interruptible(connection.close), closeTimeout)
      )
    )
  )
}

/**
 * The payloads sent to a channel from now on, over a session of its own. The stream fails when that
 * session is lost, because what was sent since then is lost too.
 */
export const listen = (listening: Listening, channel: string): Stream.Stream<string, SqlError> =>
  Stream.asyncPush<string, SqlError>((emit) =>
    Effect.gen(function* () {
      const connection = yield* session(listening, (error) => emit.fail(error))
      connection.client.on("notification", (message) => {
        if (message.channel === channel) emit.single(message.payload ?? "")
      })
      const text = `LISTEN ${pg.escapeIdentifier(channel)}`
      yield* statementTimeout(
        connection.query({ text }, outsideTransaction),
        listening.connectTimeout
      )
    })
  )
