import * as Net from "node:net"
import { Effect, Predicate } from "effect"
import { Service } from "./Service.ts"

/** How an exchange of bytes ended. */
export interface Exchange {
  /** Everything that the server sent. */
  readonly received: string
  /** How the server ended the connection: in order, or by a reset; or that it was not waited for. */
  readonly end: "closed" | "reset" | "open"
}

const pause = (milliseconds: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const write = async (socket: Net.Socket, parts: Iterable<string | Uint8Array>) => {
  for (const part of parts) {
    if (socket.destroyed) return
    if (!socket.write(part)) await Promise.race([pause(1000), once(socket, "drain")])
  }
}

const once = (socket: Net.Socket, event: string) =>
  new Promise<void>((resolve) => socket.once(event, () => resolve()))

/**
 * Sends bytes exactly as given, part by part, and reads until the server ends the connection or
 * `until` has been received.
 *
 * `fetch` and `node:http` tidy up what they send; this does not.
 */
export const exchange = (
  parts: Iterable<string | Uint8Array>,
  until?: string
): Effect.Effect<Exchange, never, Service> =>
  Effect.flatMap(Service, ({ url }) =>
    Effect.async<Exchange>((resume) => {
      const { hostname, port } = new URL(url)
      let received = ""
      const socket = Net.connect({ host: hostname, port: Number(port) })
      socket.setEncoding("latin1")
      socket.on("data", (data) => {
        received += data
        if (until !== undefined && received.includes(until)) {
          resume(Effect.succeed({ received, end: "open" }))
          socket.destroy()
        }
      })
      socket.on("end", () => {
        socket.end()
        resume(Effect.succeed({ received, end: "closed" }))
      })
      socket.on("error", (error) => {
        const broken = Predicate.hasProperty(error, "code") ? String(error.code) : ""
        // Our own writes may fail after the server has closed in order: not the server's doing.
        if (broken === "ECONNRESET") resume(Effect.succeed({ received, end: "reset" }))
      })
      void write(socket, parts)
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
