import * as Http from "node:http"
import type { Duplex } from "node:stream"
import { Effect } from "effect"
import { LINGER } from "./BodyBytes.ts"

interface Refusal {
  readonly status: number
  readonly tag: string
  readonly message: string
}

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    tag: "HeadersTooLarge",
    message: "The headers are larger than 16384 bytes, the most this service reads."
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    tag: "PayloadTooLarge",
    message: "The extensions of the body's chunks are too large."
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    tag: "RequestTimeout",
    message: "The request did not arrive in time."
  }
}

const MALFORMED: Refusal = {
  status: 400,
  tag: "BadRequest",
  message: "This is not a well-formed HTTP request."
}

/**
 * Answers what Node's parser refused, which never reaches the app, in the shape of every other
 * error; then closes the connection, late enough for the answer to be read. (Node's default is a
 * bare status line.)
 */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Duplex) =>
  Effect.suspend(() => {
    // Each further chunk of what was refused is one more error.
    if (socket.writableEnded) return Effect.void
    if (error.code === "ECONNRESET" || !socket.writable || hasBegunAnswer(socket)) {
      return Effect.sync(() => socket.destroy())
    }
    socket.end(answer(REFUSALS[error.code ?? ""] ?? MALFORMED))
    return Effect.delay(
      Effect.sync(() => socket.destroy()),
      LINGER
    )
  })

// Node's own default looks at the same field, to not write one answer into another.
const hasBegunAnswer = (socket: Duplex): boolean =>
  "_httpMessage" in socket &&
  socket._httpMessage instanceof Http.ServerResponse &&
  socket._httpMessage.headersSent

const answer = ({ message, status, tag }: Refusal): string => {
  const body = JSON.stringify({ _tag: tag, message })
  return [
    `HTTP/1.1 ${status} ${Http.STATUS_CODES[status]}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "X-Content-Type-Options: nosniff",
    "",
    body
  ].join("\r\n")
}
