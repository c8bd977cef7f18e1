import { createServer, connect as dial, type Socket } from "node:net"
import type { Duplex } from "node:stream"
import * as tls from "node:tls"
import { Effect, Redacted, type Scope } from "effect"
import type { Identity } from "./Certificates.ts"

export interface TlsRelayOptions {
  /** The server behind it, which listens on loopback. */
  readonly port: number
  /** Ends the client's TLS with this identity. Absent: passes bytes as they are. */
  readonly identity?: Identity
  /** Speaks TLS with the server, whoever it is. */
  readonly reencrypts?: boolean
}

/** What stands between a client and its server, and sees what they say. */
export interface TlsRelay {
  readonly connections: () => number
  /** All that clients have sent, without TLS if it ends here. */
  readonly received: () => Buffer
  /** A URL with the relay's address in place of its own. */
  readonly url: (server: Redacted.Redacted) => Redacted.Redacted
}

const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

const drop = (client: Duplex, server: Duplex) => () => {
  client.destroy()
  server.destroy()
}

/** The server's side, encrypted once the server agrees. */
const encrypted = (server: Socket, ready: (stream: Duplex) => void) => {
  server.once("data", () => {
    const stream = tls.connect({ socket: server, rejectUnauthorized: false }, () => ready(stream))
    stream.on("error", () => server.destroy())
  })
  server.write(sslRequest)
}

/** The client's side, decrypted: it asks first, or begins with a TLS record. */
const decrypted = (client: Socket, identity: Identity, ready: (stream: Duplex) => void) => {
  client.once("data", (first) => {
    if (first.equals(sslRequest)) client.write("S")
    else client.unshift(first)
    const stream = new tls.TLSSocket(client, { isServer: true, ...identity })
    stream.on("error", () => client.destroy())
    ready(stream)
  })
}

/** Listens on loopback until the scope closes. */
export const tlsRelay = (options: TlsRelayOptions): Effect.Effect<TlsRelay, never, Scope.Scope> =>
  Effect.gen(function* () {
    const chunks: Array<Buffer> = []
    const sockets = new Set<Socket>()
    let connections = 0
    const accept = (client: Socket) => {
      connections += 1
      const server = dial(options.port, "127.0.0.1")
      for (const socket of [client, server]) {
        sockets.add(socket)
        socket.on("error", drop(client, server))
        socket.on("close", drop(client, server))
      }
      const joined = (stream: Duplex, behind: Duplex) => {
        stream.on("data", (chunk: Buffer) => chunks.push(chunk))
        stream.pipe(behind)
        behind.pipe(stream)
      }
      const outward = (stream: Duplex) => {
        if (options.reencrypts) encrypted(server, (behind) => joined(stream, behind))
        else joined(stream, server)
      }
      if (options.identity) decrypted(client, options.identity, outward)
      else outward(client)
    }
    const listener = createServer(accept)
    const port = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        listener.listen(0, "127.0.0.1", () => {
          const address = listener.address()
          resume(Effect.succeed(typeof address === "object" && address ? address.port : 0))
        })
      }),
      () =>
        Effect.sync(() => {
          listener.close()
          for (const socket of sockets) socket.destroy()
        })
    )
    return {
      connections: () => connections,
      received: () => Buffer.concat(chunks),
      url: (server) => {
        const url = new URL(Redacted.value(server))
        url.host = `127.0.0.1:${port}`
        return Redacted.make(url.href)
      }
    }
  })
