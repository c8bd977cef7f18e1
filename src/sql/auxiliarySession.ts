import { Duration, Effect, type Scope } from "effect"
import type { Connection, Connector, Loss } from "../pool/Connection.ts"
import { tooSlow } from "../pool/DialFailure.ts"
import { fromAcquire, type PgError } from "./failure/PgError.ts"

/** How sessions beside the pool are opened. */
export interface AuxiliaryDial<C extends Connection> {
  /** What is done with the pool's sessions before they are lent is none of theirs. */
  readonly connector: Pick<Connector<C>, "connect">
  /** Longest time for one to open. */
  readonly connectTimeout: Duration.Duration
}

/** How long the goodbye may take before the socket is dropped. */
const closeTimeout = Duration.seconds(1)

/**
 * A session beside the pool, closed with the scope. Whatever was opened is closed, also where its
 * opening was given up just then.
 */
export const auxiliarySession = <C extends Connection>(
  { connectTimeout, connector }: AuxiliaryDial<C>,
  onLoss: (loss: Loss) => void
): Effect.Effect<C, PgError, Scope.Scope> =>
  Effect.gen(function* () {
    let opened: C | undefined
    let isOver = false
    const close = Effect.suspend(() =>
      Effect.timeoutOption(Effect.interruptible(opened?.close ?? Effect.void), closeTimeout)
    )
    yield* Effect.addFinalizer(() => {
      isOver = true
      return close
    })
    const connect = Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(connector.connect(onLoss)), (connection) => {
        opened = connection
        // The scope may be closed before who dials is interrupted.
        return isOver ? Effect.zipRight(close, Effect.interrupt) : Effect.void
      })
    )
    return yield* Effect.timeoutFail(connect, {
      duration: connectTimeout,
      onTimeout: () => tooSlow(connectTimeout)
    })
  }).pipe(Effect.mapError(fromAcquire))
