import { connect as dial } from "node:net"
import { Effect, type Scope } from "effect"
import { type WebSocket, WebSocketServer } from "ws"

/** A server that carries the bytes of WebSockets to one TCP port, as Neon's proxy does. */
export interface WebSocketRelay {
  /** `host:port`. */
  readonly address: string
  /** How many WebSockets were opened so far. */
  readonly opened: () => number
  /** Drops every WebSocket without a closing handshake. */
  readonly dropAll: Effect.Effect<void>
}

const carry = (socket: WebSocket, port: number) => {
  const server = dial(port, "127.0.0.1")
  socket.on("message", (data: Buffer) => server.write(data))
  socket.on("close", () => server.destroy())
  socket.on("error", () => server.destroy())
  server.on("data", (data) => socket.send(data))
  server.on("close", () => socket.close())
  server.on("error", () => socket.terminate())
}

const dropAll = (server: WebSocketServer) =>
  Effect.sync(() => {
    for (const socket of server.clients) socket.terminate()
  })

const listening: Effect.Effect<WebSocketServer, never, Scope.Scope> = Effect.acquireRelease(
  Effect.async<WebSocketServer>((resume) => {
    const server: WebSocketServer = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () =>
      resume(Effect.succeed(server))
    )
  }),
  (server) =>
    Effect.andThen(
      dropAll(server),
      Effect.sync(() => server.close())
    )
)

/** Listens on loopback until the scope closes. */
export const webSocketRelay = (port: number): Effect.Effect<WebSocketRelay, never, Scope.Scope> =>
  Effect.map(listening, (server) => {
    let opened = 0
    server.on("connection", (socket) => {
      opened += 1
      carry(socket, port)
    })
    const address = server.address()
    return {
      address: `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
      opened: () => opened,
      dropAll: dropAll(server)
    }
  })
