import { Cause, Duration, Effect, Option } from "effect"
import { type Connection, type Loss, socketClosed } from "./Connection.ts"
import type { Proof } from "./PoolCommand.ts"

/** Proves a connection with a round trip, within its own deadline. */
export const validate = (
  connection: Connection,
  timeout: Duration.Duration
): Effect.Effect<void, Loss> =>
  // Interruptible within the race, or the deadline could not end it in a finalizer.
  Effect.timeoutFail(Effect.interruptible(connection.validate), {
    duration: timeout,
    onTimeout: (): Loss => ({
      message: `no answer to a validation within ${Duration.format(timeout)}`,
      provesRestart: false
    })
  })

const unexpected = (cause: Cause.Cause<Loss>): Loss =>
  Option.getOrElse(Cause.failureOption(cause), () => ({
    message: `its validation ended unexpectedly: ${Cause.squash(cause)}`,
    provesRestart: false
  }))

/** Proves a connection in the way asked for. Whatever else goes wrong is a loss as well. */
export const prove = (
  connection: Connection | undefined,
  proof: Proof,
  timeout: Duration.Duration
): Effect.Effect<void, Loss> => {
  if (connection === undefined) return Effect.fail(socketClosed)
  const isAlive = Effect.suspend(() =>
    connection.isUsable() ? Effect.void : Effect.fail(socketClosed)
  )
  const proven =
    proof === "roundTrip"
      ? validate(connection, timeout)
      : Effect.zipRight(connection.catchUp, isAlive)
  return Effect.catchAllCause(proven, (cause) => Effect.fail(unexpected(cause)))
}
