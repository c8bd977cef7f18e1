import { ConnectError } from "../../pool/PoolError.ts"
import { classify, describe } from "../failure/classify.ts"

/** What the failure of the driver means for a pool; `after` says how far the connection had come. */
export const connectError = (cause: unknown, after = ""): ConnectError => {
  const { coolDown, isFatalToConnect, provesRestart } = classify(cause)
  return new ConnectError({
    message: `${after}${describe(cause)}`,
    isFatal: isFatalToConnect,
    provesRestart,
    retryAfter: coolDown,
    cause
  })
}
