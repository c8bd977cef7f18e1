import { Effect, Redacted, type Scope } from "effect"
import { SMTPServer, type SMTPServerOptions } from "smtp-server"

/** What a server was told about one message. */
export interface Delivery {
  readonly from: string
  readonly to: ReadonlyArray<string>
  /** Headers and body, as they came. */
  readonly message: string
  readonly isEncrypted: boolean
}

export interface MailServer {
  readonly port: number
  readonly deliveries: ReadonlyArray<Delivery>
  /** How many connections it has had. */
  readonly connections: () => number
  /** How many it has now. */
  readonly openConnections: () => number
  /** Ends all its connections as a crash would. */
  readonly hangUp: Effect.Effect<void>
}

const port = (server: SMTPServer): number => {
  const address = server.server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

const listening = (server: SMTPServer): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.listen(0, "127.0.0.1", () => resume(Effect.void))
  })

/** A server on loopback that keeps what it is sent, until the scope closes. */
export const mailServer = (
  options: SMTPServerOptions = {}
): Effect.Effect<MailServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const deliveries: Array<Delivery> = []
    let connections = 0
    const server = new SMTPServer({
      logger: false,
      authOptional: true,
      disabledCommands: options.key === undefined ? ["STARTTLS"] : [],
      onConnect: (_session, done) => {
        connections += 1
        done()
      },
      onData: (stream, session, done) => {
        const chunks: Array<Buffer> = []
        stream.on("data", (chunk: Buffer) => chunks.push(chunk))
        stream.on("end", () => {
          const { mailFrom, rcptTo } = session.envelope
          deliveries.push({
            from: mailFrom === false ? "" : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            message: Buffer.concat(chunks).toString(),
            isEncrypted: session.secure
          })
          done()
        })
      },
      ...options
    })
    // A client that dislikes the certificate is an error of the server's, too.
    server.on("error", () => {})
    const hangUp = Effect.sync(() => {
      for (const connection of server.connections) connection._socket.destroy()
    })
    yield* Effect.acquireRelease(listening(server), () =>
      Effect.zipRight(
        hangUp,
        Effect.sync(() => server.close())
      )
    )
    return {
      port: port(server),
      deliveries,
      connections: () => connections,
      openConnections: () => server.connections.size,
      hangUp
    }
  })

/** The address of a server on this machine. */
export const url = (
  server: { readonly port: number },
  scheme = "smtp",
  host = "127.0.0.1",
  login = ""
): Redacted.Redacted => Redacted.make(`${scheme}://${login}${host}:${server.port}`)
