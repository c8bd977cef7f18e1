import type { Server } from "node:http"
import type { Socket } from "node:net"
import { Duration, Effect } from "effect"
import { turn } from "../runtime/turn.ts"

/** What has come to a server: what a drain must not break. */
export interface Arrivals {
  /**
   * Lets in those who have connected, and reads what they have sent, as far as the kernel has it.
   * For a server that is about to stop accepting, which would break their connections.
   */
  readonly settle: Effect.Effect<void>
  /**
   * Whether connections are left on which something has arrived that is not answered to its end, or
   * is about to arrive; closes the others. For a server that has stopped accepting.
   */
  readonly hasUnanswered: Effect.Effect<boolean>
}

/** For how long a connection that has never sent a byte may be about to. */
const STILLNESS = Duration.toMillis("250 millis")

/** Longest time to let in those who come without a pause. */
const SETTLING = Duration.toMillis("100 millis")

/** Watches a server's connections from now on. */
export const arrivalsAt = (server: Server): Arrivals => {
  const sockets = new Map<Socket, number>()
  let accepted = 0
  server.on("connection", (socket) => {
    accepted += 1
    sockets.set(socket, performance.now())
    socket.once("close", () => sockets.delete(socket))
  })

  // Node accepts one connection in each turn of its loop, and reads it in the next.
  const isSettled = Effect.suspend(() => {
    const before = accepted
    return Effect.map(Effect.zipRight(turn, turn), () => accepted === before)
  })

  const isAwaited = ([socket, since]: readonly [Socket, number]) =>
    !socket.destroyed && (socket.bytesRead > 0 || performance.now() - since < STILLNESS)

  return {
    settle: Effect.suspend(() => {
      const end = performance.now() + SETTLING
      return Effect.asVoid(
        Effect.repeat(isSettled, { until: (settled) => settled || performance.now() > end })
      )
    }),
    hasUnanswered: Effect.sync(() => {
      server.closeIdleConnections()
      // Of a connection that is new Node does not say that it is idle: browsers open some for later.
      return [...sockets].some(isAwaited)
    })
  }
}
