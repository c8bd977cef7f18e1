import { PgError } from "../failure/PgError.ts"

/** NAMEDATALEN - 1, as servers are built unless somebody changed it. */
const longest = 63

const fault = (channel: string): string | undefined => {
  const length = new TextEncoder().encode(channel).length
  if (length === 0) return "its name is empty: give one of 1 to 63 bytes"
  if (channel.includes("\0")) return "its name contains NUL, which no name can: remove it"
  return length > longest
    ? `its name has ${length} bytes, of which the server would take the first ${longest}, and pg_notify refuses it: shorten it`
    : undefined
}

/** Why a channel can't be listened to, if its name is none. Nothing needs to be sent for that. */
export const faultOf = (channel: string): PgError | undefined => {
  const detail = fault(channel)
  if (detail === undefined) return undefined
  return new PgError({
    message: `Failed to listen to channel ${JSON.stringify(channel)}: ${detail}`,
    cause: new Error(detail),
    reason: { _tag: "SqlSyntaxError" },
    outcome: "NotSent",
    phase: "statement",
    sqlState: undefined,
    isRetryable: false,
    endsSession: false
  })
}
