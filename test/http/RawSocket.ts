import * as Net from "node:net"
import { Effect } from "effect"
import { Service } from "./Service.ts"

/** How an exchange of bytes ended. */
export interface Exchange {
  /** Everything that the server sent. */
  readonly received: string
  /** How the server ended the connection: in order, or by a reset; or that it was not waited for. */
  readonly end: "closed" | "reset" | "open"
}

const writeAll = async (socket: Net.Socket, parts: Iterable<string | Uint8Array>) => {
  for (const part of parts) {
    await new Promise<void>((resolve) => socket.write(part, () => resolve()))
  }
}

/**
 * Sends bytes exactly as given, part by part, and only then reads until the server ends the
 * connection or `until` has been received: as a simple client does, who loses the answer if the
 * server closes too early.
 *
 * `fetch` and `node:http` tidy up what they send, and read while they write; this does not.
 */
export const exchange = (
  parts: Iterable<string | Uint8Array>,
  until?: string
): Effect.Effect<Exchange, never, Service> =>
  Effect.flatMap(Service, ({ url }) =>
    Effect.async<Exchange>((resume) => {
      const { hostname, port } = new URL(url)
      let received = ""
      const ended = (end: Exchange["end"]) => {
        socket.destroy()
        resume(Effect.succeed({ received, end }))
      }
      const socket = Net.connect({ host: hostname, port: Number(port) })
      socket.setEncoding("latin1")
      socket.on("end", () => ended("closed")).on("error", () => ended("reset"))
      socket.on("data", (data) => {
        received += data
        if (until !== undefined && received.includes(until)) ended("open")
      })
      socket.pause()
      void writeAll(socket, parts).then(() => socket.resume())
      return Effect.sync(() => socket.destroy())
    })
  )

/** The status of the first answer in what was received. */
export const statusOf = ({ received }: Exchange): number =>
  Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1])

/** A request line and headers that ask the server to close afterwards. */
export const head = (requestLine: string, headers: ReadonlyArray<string> = []): string =>
  [`${requestLine} HTTP/1.1`, "Host: localhost", "Connection: close", ...headers, "", ""].join(
    "\r\n"
  )
