import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, type Scope, Stream } from "effect"
import * as pg from "pg"
import type { Connector } from "../pool/Connection.ts"
import type { PgConnection } from "./PgConnection.ts"
import { fromAcquire, fromCause, type PgError } from "./PgError.ts"

/** How long the goodbye may take before the socket is dropped. */
const closeTimeout = Duration.seconds(1)

const outsideTransaction = { phase: "statement", inTransaction: false } as const

/** A session outside the pool, which tells of its loss. */
const session = (
  connector: Connector<PgConnection>,
  onLoss: (error: PgError) => void
): Effect.Effect<PgConnection, PgError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.mapError(
      connector.connect(({ message }) =>
        onLoss(fromCause(new Error(message), { ...outsideTransaction, sent: true }))
      ),
      fromAcquire
    ),
    (connection) => Effect.timeoutOption(Effect.interruptible(connection.close), closeTimeout)
  )

/**
 * The payloads sent to a channel from now on, over a session of its own. The stream fails when that
 * session is lost, because what was sent since then is lost too.
 */
export const listen = (
  connector: Connector<PgConnection>,
  channel: string
): Stream.Stream<string, SqlError> =>
  Stream.asyncPush<string, SqlError>((emit) =>
    Effect.gen(function* () {
      const connection = yield* session(connector, (error) => emit.fail(error))
      connection.client.on("notification", (message) => {
        if (message.channel === channel) emit.single(message.payload ?? "")
      })
      yield* connection.query(
        { text: `LISTEN ${pg.escapeIdentifier(channel)}` },
        outsideTransaction
      )
    })
  )
