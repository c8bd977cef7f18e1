import * as net from "node:net"
import type { Duplex } from "node:stream"
import * as tls from "node:tls"
import { type Cause, Duration, Effect, Fiber } from "effect"
import type * as pg from "pg"
import { undertaking } from "../../runtime/Undertaking.ts"
import type { Signal } from "./Signal.ts"

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

/** Node.js's sockets, and streams of drivers that can do the same. */
interface Dialable extends Duplex {
  connect(port: number, host: string): unknown
}

const isDialable = (stream: Duplex): stream is Dialable =>
  "connect" in stream && typeof stream.connect === "function"

/** A second stream of the kind that a driver uses in place of sockets: another client brings one. */
const likewise = ({ client, config }: CancelTarget): Duplex => {
  const other: pg.Client = Reflect.construct(client.constructor, [config])
  return other.connection.stream
}

/** A stream that the configuration makes is connected as the driver does, if it can be. */
const dial = (target: CancelTarget): Duplex => {
  const { client, config } = target
  const isOnSocket = client.connection.stream instanceof net.Socket
  const stream = config.stream?.() ?? (isOnSocket ? new net.Socket() : likewise(target))
  if (stream instanceof net.Socket && client.host.startsWith("/"))
    stream.connect(`${client.host}/.s.PGSQL.${client.port}`)
  else if (isDialable(stream)) stream.connect(client.port, client.host)
  return stream
}

const isTlsOptions = (ssl: unknown): ssl is tls.ConnectionOptions =>
  typeof ssl === "object" && ssl !== null

/** As the driver has resolved it, from the URL, its fields and the environment. */
const tlsOptions = (client: pg.Client): tls.ConnectionOptions => {
  const ssl: unknown = Reflect.get(client, "ssl")
  if (!isTlsOptions(ssl)) return {}
  // The driver hides the key from whoever lists the fields.
  return ssl.key === undefined ? ssl : { ...ssl, key: ssl.key }
}

const isDirect = (client: pg.Client): boolean => Reflect.get(client, "sslNegotiation") === "direct"

const handshake = (
  socket: Duplex,
  client: pg.Client,
  ready: (stream: Duplex) => void
): tls.TLSSocket => {
  const servername = net.isIP(client.host) === 0 ? { servername: client.host } : {}
  const alpn = isDirect(client) ? { ALPNProtocols: ["postgresql"] } : {}
  const options = { socket, host: client.host, ...tlsOptions(client), ...servername, ...alpn }
  const stream = tls.connect(options, () => ready(stream))
  return stream.on("error", (error) => socket.destroy(error))
}

/** Asks for TLS as the session did, and calls back with the stream that speaks it. */
const secured = (socket: Duplex, client: pg.Client, ready: (stream: Duplex) => void): void => {
  if (isDirect(client)) {
    handshake(socket, client, ready)
    return
  }
  socket.once("data", (answer: Buffer) => {
    if (answer.toString("latin1") === "S") handshake(socket, client, ready)
    else socket.destroy(new Error("the server does not offer TLS"))
  })
  socket.write(sslRequest)
}

/** TLS inside another transport is the driver's own: the request can't be sent as the session was. */
const isOutOfReach = ({ stream }: pg.Connection): boolean =>
  !(stream instanceof net.Socket) && Reflect.get(stream, "encrypted") === true

const outOfReach = new Error("the driver's TLS can't be had for a second connection")

/**
 * Asks the server, on a connection of its own, to cancel what a session is doing. It ends when the
 * server has closed that connection, which it does after it has passed the request on; it fails with
 * what broke it. Whether the statement was cancelled only its own answer tells.
 *
 * A driver that has no sockets, but WebSockets, sends the request over one more of those.
 */
const sendCancelRequest = (target: CancelTarget): Effect.Effect<void, Error> =>
  undertaking((resume) => {
    const { client, key } = target
    if (isOutOfReach(client.connection)) {
      resume(Effect.fail(outOfReach))
      return Effect.void
    }
    const socket = dial(target)
    const request = (stream: Duplex) => {
      // Nothing answers a CancelRequest; reading is what shows the end of the stream.
      stream.on("data", () => undefined)
      stream.write(cancelRequest(key))
    }
    socket.on("error", (error) => resume(Effect.fail(error)))
    socket.on("close", () => resume(Effect.void))
    socket.once("connect", () => {
      if (client.connection.stream instanceof tls.TLSSocket) secured(socket, client, request)
      else request(socket)
    })
    return Effect.sync(() => socket.destroy())
  })

/** Longer than a server needs from the request to the answer, where it is not busy. */
const again = Duration.millis(20)

/** How long a cancel goes on that nobody waits for any more: through TLS it takes five trips. */
const longest = Duration.seconds(2)

/**
 * Cancels the statement under way, and ends when it has been answered and no request is on its way.
 * A request that was faster than its statement has hit nothing, and nobody says so: it is repeated.
 *
 * Interrupting it ends only the wait. The server would otherwise go on with a statement whose session
 * was dropped, and hold its locks.
 */
export const cancelUntilAnswered = (
  target: CancelTarget,
  answered: Signal
): Effect.Effect<void, Error | Cause.TimeoutException> =>
  Effect.zipRight(sendCancelRequest(target), Effect.timeoutOption(answered.given, again)).pipe(
    Effect.repeat({ until: () => answered.isGiven }),
    Effect.asVoid,
    Effect.interruptible,
    Effect.timeout(longest),
    Effect.forkDaemon,
    Effect.flatMap(Fiber.join)
  )
