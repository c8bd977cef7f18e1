import { HttpApp, HttpBody, type HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { Deferred, Duration, Effect, Fiber, Stream } from "effect"
import { InvalidRequest, PayloadTooLarge } from "./ApiError.ts"

/** The largest body that is read. Generous: an e-mail address and a password are under 2 KiB. */
export const LARGEST_BODY_BYTES = 16 * 1024

/**
 * How long the rest of what was refused is received, and thrown away, behind the answer.
 *
 * Closing a socket while bytes still come in makes the kernel send a reset, which can reach the
 * client before it has read the answer. Two seconds let a fast client finish and bound a slow one.
 */
export const LINGER = Duration.seconds(2)

const tooLarge = new PayloadTooLarge({
  message: `The body is larger than ${LARGEST_BODY_BYTES} bytes, the most this service reads.`
})

const cutShort = new InvalidRequest({
  message: "The body ended before it was complete.",
  issues: []
})

/**
 * Reads the whole body, up to `LARGEST_BODY_BYTES`; beyond that the answer goes out at once, and
 * the connection is closed behind it in an orderly way.
 *
 * platform's own limit (`MaxBodySize`) destroys the socket instead, and its default is no limit.
 */
export const receive = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const reading = yield* Deferred.make<Uint8Array, InvalidRequest | PayloadTooLarge>()
  if (Number(request.headers["content-length"] ?? 0) > LARGEST_BODY_BYTES) {
    yield* Deferred.fail(reading, tooLarge)
  }
  const reader = yield* Effect.forkScoped(readInto(reading, request))
  return yield* Deferred.await(reading).pipe(
    Effect.tapErrorTag("PayloadTooLarge", () => closeBehindAnswer(reader))
  )
})

// The reader never stops early: ending the stream before its end would destroy the socket.
const readInto = (
  reading: Deferred.Deferred<Uint8Array, InvalidRequest | PayloadTooLarge>,
  request: HttpServerRequest.HttpServerRequest
) => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  const keep = (chunk: Uint8Array) => {
    size += chunk.byteLength
    if (size > LARGEST_BODY_BYTES) {
      chunks.length = 0
      return Deferred.fail(reading, tooLarge)
    }
    chunks.push(chunk)
    return Effect.void
  }
  return Stream.runForEach(request.stream, keep).pipe(
    Effect.matchCauseEffect({
      onFailure: () => Deferred.fail(reading, cutShort),
      onSuccess: () => Deferred.succeed(reading, Buffer.concat(chunks))
    })
  )
}

const closeBehindAnswer = (reader: Fiber.Fiber<unknown>) =>
  HttpApp.appendPreResponseHandler((_request, response) =>
    Effect.succeed(
      response.body._tag === "Uint8Array"
        ? HttpServerResponse.setBody(response, followedBy(response.body, Fiber.await(reader))).pipe(
            HttpServerResponse.setHeader("connection", "close")
          )
        : response
    )
  )

// The answer's length is declared, so the client has all of it while the response is still open.
const followedBy = (body: HttpBody.Uint8Array, rest: Effect.Effect<unknown>) =>
  HttpBody.stream(
    Stream.concat(
      Stream.succeed(body.body),
      Stream.drain(Stream.fromEffect(Effect.timeoutOption(rest, LINGER)))
    ),
    body.contentType,
    body.contentLength
  )
