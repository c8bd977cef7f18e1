/** What a server says as it ends a session or refuses to begin one. */
export interface FatalMessage {
  /** Five characters, such as `"53300"`. */
  readonly sqlState: string
  /** Without a full stop, as Postgres writes them. */
  readonly message: string
  /** Default: `"FATAL"`. Neon's proxy says `"ERROR"`. */
  readonly severity?: "FATAL" | "ERROR"
}

/** As a server that has no connection left. */
export const tooManyClients: FatalMessage = {
  sqlState: "53300",
  message: "sorry, too many clients already"
}

/** As a server that runs but does not accept connections yet. */
export const startingUp: FatalMessage = {
  sqlState: "57P03",
  message: "the database system is starting up"
}

/** As a backend that an administrator ends, alone or with the whole server. */
export const adminShutdown: FatalMessage = {
  sqlState: "57P01",
  message: "terminating connection due to administrator command"
}

/**
 * The message as an ErrorResponse.
 *
 * Format: https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
export const errorResponse = ({ severity = "FATAL", sqlState, message }: FatalMessage): Buffer => {
  const fields = `S${severity}\0V${severity}\0C${sqlState}\0M${message}\0\0`
  const head = Buffer.alloc(5)
  head.write("E", "latin1")
  head.writeInt32BE(4 + Buffer.byteLength(fields), 1)
  return Buffer.concat([head, Buffer.from(fields)])
}
