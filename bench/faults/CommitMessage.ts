import { FaultProxy, type WireMessage } from "../../src/testing/index.ts"

const textAt = (body: Buffer, start: number): string => {
  const end = body.indexOf(0, start)
  return body.toString("utf8", start, end < 0 ? body.length : end)
}

/**
 * Matches a COMMIT on its way to the server, also one that was prepared earlier and travels without
 * its text, as those of postgres.js do. For that it must have seen every message before.
 */
export const commitMatcher = (): ((message: WireMessage) => boolean) => {
  const prepared = new Set<string>()
  return (message) => {
    const { body, direction, type } = message
    if (direction !== "toServer") return false
    if (FaultProxy.isCommit(message)) {
      if (type === "P") prepared.add(textAt(body, 0))
      return true
    }
    // Bind: the portal's name stands before the statement's.
    return type === "B" && prepared.has(textAt(body, body.indexOf(0) + 1))
  }
}
