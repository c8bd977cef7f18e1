import { Effect } from "effect"
import { FaultProxy } from "../../src/testing/FaultProxy.ts"
import { dialTcp, echo, listenTcp, type TcpPeer } from "./TcpPeer.ts"

/** A proxy before a server, and one client whose connection through it is established. */
export const connected = (serve: (peer: TcpPeer) => void = echo) =>
  Effect.gen(function* () {
    const server = yield* listenTcp(serve)
    const proxy = yield* FaultProxy.make({ upstream: server })
    const client = yield* dialTcp(proxy)
    const backend = yield* server.peer(0)
    return { server, proxy, client, backend }
  })

export const roundTrip = (client: TcpPeer, text: string) =>
  client
    .write(text)
    .pipe(
      Effect.andThen(
        client.until(`echo of ${text}`, () => client.received.toString().endsWith(text))
      )
    )

// A prime period, so that no buffer size divides it and a lost or doubled chunk shows.
const pattern = Uint8Array.from({ length: 251 }, (_, i) => i)
export const someBytes = (length: number) => Buffer.alloc(length, pattern)
