import { connect, type Socket } from "node:net"
import { Effect, Redacted, type Scope } from "effect"
import { listenHost, makeListener } from "../../../src/testing/Listener.ts"
import { newDialogue, WireFrames } from "../../../src/testing/WireFrames.ts"

/** PostgreSQL 18, section 54.7: length, code, pid, secret. */
const isCancelRequest = (packet: Buffer) =>
  packet.length === 16 && packet.readInt32BE(4) === 80877102

/** PostgreSQL 18, section 54.7: "K", length, pid, secret. */
const isBackendKeyData = (message: Buffer) => message.toString("latin1", 0, 1) === "K"

interface Disguise {
  /** The pid that every session is announced to have. */
  readonly pid: number
  /** The true pids, by the secrets of their sessions. */
  readonly pids: Map<number, number>
}

/** Has a request to cancel reach the session that was given its secret. */
const routed = (packet: Buffer, { pids }: Disguise): Buffer => {
  const pid = isCancelRequest(packet) ? pids.get(packet.readInt32BE(12)) : undefined
  if (pid !== undefined) packet.writeInt32BE(pid, 8)
  return packet
}

const disguised = (message: Buffer, { pid, pids }: Disguise): Buffer => {
  if (isBackendKeyData(message)) {
    pids.set(message.readInt32BE(9), message.readInt32BE(5))
    message.writeInt32BE(pid, 5)
  }
  return message
}

const relay = (client: Socket, server: Socket, disguise: Disguise): void => {
  const frames = new WireFrames("toClient", newDialogue())
  client.once("data", (opening) => {
    server.write(routed(opening, disguise))
    client.pipe(server)
  })
  server.on("data", (chunk) => {
    for (const { bytes } of frames.push(chunk, true)) client.write(disguised(bytes, disguise))
  })
  server.on("end", () => client.end())
  client.on("error", () => server.destroy())
  server.on("error", () => client.destroy())
}

/**
 * The address of a pooler before a database, as far as pids go: as PgBouncer and Neon's proxy do, it
 * announces one of its own making, which happens to be somebody's, and routes CancelRequests by their
 * secret. It listens until the scope closes.
 */
export const borrowedPid = (
  url: Redacted.Redacted<string>,
  pid: number
): Effect.Effect<Redacted.Redacted<string>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const address = new URL(Redacted.value(url))
    const upstream = { host: address.hostname, port: Number(address.port) }
    const disguise: Disguise = { pid, pids: new Map() }
    const sockets: Array<Socket> = []
    yield* Effect.addFinalizer(() =>
      Effect.forEach(sockets, (it) => Effect.sync(() => it.destroy()))
    )
    const { port } = yield* makeListener(0, (client) => {
      const server = connect(upstream)
      sockets.push(client, server)
      relay(client, server, disguise)
    })
    address.host = `${listenHost}:${port}`
    return Redacted.make(address.href)
  }).pipe(Effect.orDie)
