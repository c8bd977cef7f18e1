import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Effect, type Scope } from "effect"
import type * as pg from "pg"
import type { Connector } from "../pool/Connection.ts"
import { ConnectError } from "../pool/PoolError.ts"
import type { Dial } from "./Dial.ts"
import { complete } from "./Driver.ts"
import { HeldSession, HeldStatements } from "./HeldSession.ts"
import { introduce } from "./introduce.ts"
import { PgConnection } from "./PgConnection.ts"
import { PgError } from "./PgError.ts"
import type { SessionSettings } from "./SessionSettings.ts"
import { classify, describe, property, rootOf } from "./SqlState.ts"
import { tlsAdvice } from "./TlsMode.ts"

type Initialize = (connection: SqlConnection) => Effect.Effect<void, SqlError>

const initializeError = (error: SqlError): ConnectError =>
  new ConnectError({
    message: `the first connection could not be initialized: ${error.message}`,
    isFatal: !(error instanceof PgError && error.isRetryable),
    provesRestart: false,
    cause: error
  })

/** A pooler can let a client in whose server is away: only an answer shows that it is there. */
const unproven = ({ cause }: PgError): ConnectError => {
  const { coolDown, isFatalToConnect, provesRestart } = classify(cause)
  return new ConnectError({
    message: `connected, but ${describe(cause)}`,
    isFatal: isFatalToConnect,
    provesRestart,
    retryAfter: coolDown,
    cause
  })
}

const introduced = (connection: PgConnection): Effect.Effect<void, ConnectError> =>
  Effect.mapError(introduce(connection), unproven)

/**
 * Runs `initialize` once; connections opened meanwhile wait for it. Afterwards they only introduce
 * themselves, side by side: one that the network swallows must not hold up the others.
 */
const once = (initialize: Initialize) => {
  const lock = Effect.unsafeMakeSemaphore(1)
  let done = false
  const first = (connection: PgConnection): Effect.Effect<void, ConnectError> =>
    Effect.suspend(() => initialize(new HeldStatements(new HeldSession(connection)))).pipe(
      Effect.mapBoth({
        onFailure: initializeError,
        onSuccess: () => {
          done = true
        }
      })
    )
  return (connection: PgConnection): Effect.Effect<void, ConnectError> =>
    Effect.suspend(() =>
      done
        ? Effect.void
        : lock.withPermits(1)(Effect.suspend(() => (done ? Effect.void : first(connection))))
    )
}

/** A session that is not fit for use is not left open. */
const orAbandon = (
  connection: PgConnection,
  made: Effect.Effect<void, ConnectError>
): Effect.Effect<void, ConnectError> =>
  Effect.onError(made, () => Effect.sync(() => connection.abandon("it could not be initialized")))

/** What to do about a connection whose TLS failed. */
const advised = (error: ConnectError): ConnectError => {
  const { isFatal, message, provesRestart } = error
  const cause = rootOf(error.cause)
  const advice = tlsAdvice(property(cause, "code"), message)
  return advice === undefined
    ? error
    : new ConnectError({ message: `${message}. ${advice}`, isFatal, provesRestart, cause })
}

/** Borrows sessions from somebody else's pool. */
export const fromPool = (
  pool: pg.Pool,
  settings: SessionSettings
): Effect.Effect<Connector<PgConnection>, never, Scope.Scope> => {
  // Without a listener, an idle connection that ends would end the process.
  const ignore = () => undefined
  const connector: Connector<PgConnection> = {
    connect: (onLoss) =>
      Effect.tap(PgConnection.fromPool(pool, settings, onLoss), (connection) =>
        orAbandon(connection, introduced(connection))
      )
  }
  return Effect.as(
    Effect.acquireRelease(
      Effect.sync(() => pool.on("acquire", complete).on("error", ignore)),
      () => Effect.sync(() => pool.off("acquire", complete).off("error", ignore))
    ),
    connector
  )
}

/** Opens sessions with one server; the first is initialized before it counts as open. */
export const make = (
  dial: Effect.Effect<Dial, ConnectError>,
  settings: SessionSettings,
  initialize: Initialize = () => Effect.void
): Connector<PgConnection> => {
  const initialized = once(initialize)
  return {
    connect: (onLoss, onSign) =>
      Effect.flatMap(dial, (where) =>
        Effect.mapError(PgConnection.connect(where, settings, onLoss, onSign), advised)
      ).pipe(
        Effect.tap((connection) =>
          orAbandon(connection, Effect.zipRight(initialized(connection), introduced(connection)))
        )
      )
  }
}
