/** Which way bytes travel: from the client to the server, or back. */
export type Direction = "toServer" | "toClient"

/**
 * One whole message of the Postgres wire protocol, as it passed through the proxy.
 *
 * Format: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export interface WireMessage {
  readonly direction: Direction
  /**
   * The letter on the wire (`"Q"`, `"P"`, `"C"`, `"Z"`, ...). The opening packets of a client have
   * no letter and are called `"StartupMessage"`, `"SSLRequest"`, `"GSSENCRequest"` and
   * `"CancelRequest"` (the last comes on a connection of its own).
   */
  readonly type: string
  /** What follows the letter and the length. For an opening packet: what follows its code. */
  readonly body: Buffer
  /** The SQL of a Query or a Parse, the tag of a CommandComplete (`"INSERT 0 1"`), else empty. */
  readonly text: string
}

const cString = (body: Buffer, start: number): string => {
  const end = body.indexOf(0, start)
  return body.toString("utf8", start, end < 0 ? body.length : end)
}

const textOf = (direction: Direction, type: string, body: Buffer): string => {
  switch (direction + type) {
    case "toServerQ":
    case "toClientC":
      return cString(body, 0)
    // Parse: the statement's name stands before the SQL.
    case "toServerP":
      return cString(body, body.indexOf(0) + 1)
    default:
      return ""
  }
}

/** Reads the body of one message. */
export const wireMessage = (direction: Direction, type: string, body: Buffer): WireMessage => ({
  direction,
  type,
  body,
  text: textOf(direction, type, body)
})

/**
 * Whether a message is a COMMIT: towards the server a Query or Parse that begins with `COMMIT` or
 * `END`, towards the client the CommandComplete that says `COMMIT`.
 *
 * A server that answers COMMIT with the tag `ROLLBACK` has not committed, and does not match.
 * A COMMIT that was prepared earlier travels as an Execute without text: match its answer instead.
 */
export const isCommit = (message: WireMessage): boolean =>
  message.direction === "toServer"
    ? /^\s*(commit|end)\b/i.test(message.text)
    : message.type === "C" && message.text === "COMMIT"
