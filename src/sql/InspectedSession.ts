import { TLSSocket } from "node:tls"
import type { Connection as SqlConnection } from "@effect/sql/SqlConnection"
import { Clock, Duration, Effect, type Scope } from "effect"
import { auxiliarySession } from "./auxiliarySession.ts"
import { fromAcquire, type PgError } from "./failure/PgError.ts"
import { dial } from "./opening/Dial.ts"
import * as PgConnector from "./opening/PgConnector.ts"
import { described, type PgClientConfig, poolConfig } from "./PgClientConfig.ts"
import type { PgConnection } from "./session/PgConnection.ts"
import { poolModeOf } from "./session/PoolMode.ts"
import { sessionSettings } from "./session/SessionSettings.ts"
import { HeldSession, HeldStatements } from "./transaction/HeldSession.ts"

/** How a session is encrypted. */
export interface TlsFacts {
  /** Such as "TLSv1.3". */
  readonly version: string
  /** The server has shown a certificate that is trusted, where that was asked for. */
  readonly isVerified: boolean
}

/** A session that is looked at from outside, beside any pool. */
export interface InspectedSession {
  readonly connection: SqlConnection
  /** From the first packet until it had answered its first statement. */
  readonly openedIn: Duration.Duration
  /** Absent: it is not encrypted. */
  readonly tls: TlsFacts | undefined
  /** A pooler or a proxy stands between. */
  readonly isProxied: boolean
}

const tlsOf = ({ client }: PgConnection): TlsFacts | undefined => {
  const { stream } = client.connection
  return stream instanceof TLSSocket
    ? { version: stream.getProtocol() ?? "TLS", isVerified: stream.authorized }
    : undefined
}

/** Opens a session as the pool would, within its time, and closes it with the scope. */
export const inspectedSession = (
  options: PgClientConfig
): Effect.Effect<InspectedSession, PgError, Scope.Scope> =>
  Effect.gen(function* () {
    const config = yield* Effect.mapError(described(options), fromAcquire)
    const settings = yield* sessionSettings({ poolMode: poolModeOf(config.host) })
    const connector = PgConnector.make(dial(options), settings)
    const { connectTimeout } = poolConfig(config)
    const begun = yield* Clock.currentTimeNanos
    const session = yield* auxiliarySession({ connector, connectTimeout }, () => undefined)
    return {
      connection: new HeldStatements(new HeldSession(session)),
      openedIn: Duration.nanos((yield* Clock.currentTimeNanos) - begun),
      tls: tlsOf(session),
      isProxied: session.isProxied
    }
  })
