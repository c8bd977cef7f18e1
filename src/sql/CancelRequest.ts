import * as net from "node:net"
import type { Duplex } from "node:stream"
import * as tls from "node:tls"
import { Effect } from "effect"
import type * as pg from "pg"

/** What a server gives each session at its start, to cancel its statements by. */
export interface CancelKey {
  readonly processID: number
  readonly secretKey: number
}

/** The key of a connected session; the driver keeps it, but does not declare it. */
export const cancelKeyOf = (client: pg.Client): CancelKey | undefined => {
  const processID: unknown = Reflect.get(client, "processID")
  const secretKey: unknown = Reflect.get(client, "secretKey")
  return typeof processID === "number" && typeof secretKey === "number"
    ? { processID, secretKey }
    : undefined
}

/** Where, and in what kind of stream, the session runs. */
export interface CancelTarget {
  readonly client: pg.Client
  readonly config: pg.ClientConfig
  readonly key: CancelKey
}

/** PostgreSQL 18, section 54.7: CancelRequest and SSLRequest start with their length and code. */
const cancelRequest = ({ processID, secretKey }: CancelKey): Buffer => {
  const message = Buffer.alloc(16)
  message.writeInt32BE(16, 0)
  message.writeInt32BE(80877102, 4)
  message.writeInt32BE(processID, 8)
  message.writeInt32BE(secretKey, 12)
  return message
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** A stream that the configuration makes is connected as the driver does, if it is a socket. */
const dial = ({ client: { host, port }, config }: CancelTarget): Duplex => {
  const stream = config.stream?.() ?? new net.Socket()
  if (!(stream instanceof net.Socket)) return stream
  return host.startsWith("/")
    ? stream.connect(`${host}/.s.PGSQL.${port}`)
    : stream.connect(port, host)
}

/** Asks for TLS as the session did, and calls back with the stream that speaks it. */
const secured = (
  socket: Duplex,
  { client, config }: CancelTarget,
  ready: (stream: Duplex) => void
): void => {
  socket.once("data", (answer: Buffer) => {
    if (answer.toString("latin1") === "S") {
      const servername = net.isIP(client.host) === 0 ? { servername: client.host } : {}
      const options = typeof config.ssl === "object" ? config.ssl : {}
      const stream = tls.connect({ socket, host: client.host, ...servername, ...options }, () =>
        ready(stream)
      )
      stream.on("error", (error) => socket.destroy(error))
    } else {
      socket.destroy(new Error("the server does not offer TLS"))
    }
  })
  socket.write(sslRequest)
}

/**
 * Asks the server, on a socket of its own, to cancel what a session is doing. It ends when the server
 * has closed that socket, which it does after it has passed the request on; it fails with what broke
 * the socket. Whether the statement was cancelled only its own answer tells.
 */
export const sendCancelRequest = (target: CancelTarget): Effect.Effect<void, Error> =>
  Effect.async((resume) => {
    const socket = dial(target)
    const request = (stream: Duplex) => stream.write(cancelRequest(target.key))
    socket.on("error", (error) => resume(Effect.fail(error)))
    socket.on("close", () => resume(Effect.void))
    // Nothing answers a CancelRequest; reading is what shows the end of the stream.
    socket.once("connect", () => {
      if (target.client.connection.stream instanceof tls.TLSSocket) {
        secured(socket, target, (stream) => request(stream.resume()))
      } else {
        request(socket.resume())
      }
    })
    return Effect.sync(() => socket.destroy())
  })
