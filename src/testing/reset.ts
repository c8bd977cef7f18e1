import type { Socket } from "node:net"

/**
 * Ends a socket with an RST, where it can send one: not behind a FIN that is still queued (libuv
 * answers EINVAL and keeps the socket), nor before it is connected.
 */
export const reset = (socket: Socket): void => {
  const finQueued = socket.writableEnded && !socket.writableFinished
  if (socket.pending || finQueued) socket.destroy()
  else if (!socket.destroyed) socket.resetAndDestroy()
}
