import { Cause, Duration } from "effect"
import { ConnectError } from "./PoolError.ts"

/** A dial that had no answer in time. */
export const tooSlow = (connectTimeout: Duration.Duration): ConnectError =>
  new ConnectError({
    message: `no connection within ${Duration.format(connectTimeout)}`,
    isFatal: false,
    provesRestart: false
  })

/** A dial whose connection was dead on arrival: dialing again at once would meet the same. */
export const stillborn = new ConnectError({
  message: "the connection was lost as soon as it was open",
  isFatal: false,
  provesRestart: false
})

/** The error for whatever ended a dial, also what no driver should do. */
export const unexpected = (cause: Cause.Cause<ConnectError>): ConnectError => {
  const error = Cause.squash(cause)
  return error instanceof ConnectError
    ? error
    : new ConnectError({
        message: `the driver failed unexpectedly: ${error}`,
        isFatal: false,
        provesRestart: false,
        cause: error
      })
}
