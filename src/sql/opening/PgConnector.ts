import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import { Duration, Effect, type Scope } from "effect"
import type * as pg from "pg"
import type { Connector } from "../../pool/Connection.ts"
import { ConnectError } from "../../pool/PoolError.ts"
import { property } from "../failure/CauseChain.ts"
import { rootOf } from "../failure/classify.ts"
import { PgError } from "../failure/PgError.ts"
import type { PgConnection } from "../session/PgConnection.ts"
import type { SessionSettings } from "../session/SessionSettings.ts"
import { HeldSession, HeldStatements } from "../transaction/HeldSession.ts"
import { connectError } from "./connectError.ts"
import type { Dial } from "./Dial.ts"
import { complete } from "./Driver.ts"
import { introduce } from "./introduce.ts"
import { borrow, open } from "./Opening.ts"
import { tlsAdvice } from "./TlsMode.ts"

/** What is to be done once, on the first session of a pool, and how long that may take. */
export interface Initialization {
  readonly initialize: (connection: SqlConnection) => Effect.Effect<void, SqlError>
  readonly timeout: Duration.Duration
}

const initializeError = (error: SqlError): ConnectError =>
  new ConnectError({
    message: `the first connection could not be initialized: ${error.message}`,
    isFatal: !(error instanceof PgError && error.isRetryable),
    provesRestart: false,
    cause: error
  })

const tooLong = (timeout: Duration.Duration): ConnectError =>
  new ConnectError({
    message: `the first connection was not initialized within ${Duration.format(timeout)}: raise initializeTimeout, or have done before what takes so long`,
    isFatal: false,
    provesRestart: false
  })

/** A pooler can let a client in whose server is away: only an answer shows that it is there. */
const introduced = (connection: PgConnection): Effect.Effect<void, ConnectError> =>
  Effect.mapError(introduce(connection), ({ cause }) => connectError(cause, "connected, but "))

/**
 * Runs `initialize` once, on a session that has introduced itself, and so is watched over; connections
 * opened meanwhile wait for it. One that is given up is cancelled, and its session ended, which frees
 * its locks.
 */
const once = ({ initialize, timeout }: Initialization) => {
  const lock = Effect.unsafeMakeSemaphore(1)
  let done = false
  const first = (connection: PgConnection): Effect.Effect<void, ConnectError> =>
    Effect.suspend(() => initialize(new HeldStatements(new HeldSession(connection)))).pipe(
      Effect.mapBoth({
        onFailure: initializeError,
        onSuccess: () => {
          done = true
        }
      }),
      Effect.timeoutFail({ duration: timeout, onTimeout: () => tooLong(timeout) })
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
  Effect.onError(made, () =>
    Effect.sync(() => connection.end.abandon("it could not be initialized"))
  )

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
      Effect.tap(borrow(pool, settings, onLoss), (connection) =>
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

/** Opens sessions with one server; the first of a pool is initialized before it is lent. */
export const make = (
  dial: Effect.Effect<Dial, ConnectError>,
  settings: SessionSettings,
  initialization?: Initialization
): Connector<PgConnection> => {
  const connector: Connector<PgConnection> = {
    connect: (onLoss, onSign) =>
      Effect.flatMap(dial, (where) =>
        Effect.mapError(open(where, settings, onLoss, onSign), advised)
      ).pipe(Effect.tap((connection) => orAbandon(connection, introduced(connection))))
  }
  if (initialization === undefined) return connector
  const initialized = once(initialization)
  return {
    ...connector,
    prepare: (connection) => orAbandon(connection, initialized(connection))
  }
}
