import { finished, Readable } from "node:stream"
import { HttpApp, HttpBody, type HttpServerRequest, HttpServerResponse } from "@effect/platform"
import * as NodeStream from "@effect/platform-node/NodeStream"
import { Duration, Effect, Stream } from "effect"
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
 * platform's own limit (`MaxBodySize`) destroys the socket instead, and its default is no limit. Its
 * stream of the body costs more than all else of a request.
 */
export const receive = Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
  const body = yield* readableOf(request)
  const isDeclaredTooLarge = Number(request.headers["content-length"] ?? 0) > LARGEST_BODY_BYTES
  return yield* (isDeclaredTooLarge ? thrownAway(body) : collected(body)).pipe(
    Effect.tapErrorTag("PayloadTooLarge", () => closeBehindAnswer(body))
  )
})

/** Only node's server gives one. A body of the web's kind is made one, for as long as its request lasts. */
const readableOf = (request: HttpServerRequest.HttpServerRequest) =>
  request.source instanceof Readable
    ? Effect.succeed(request.source)
    : NodeStream.toReadable(request.stream).pipe(
        Effect.tap((body) => {
          // An error that nobody listens for would end the process, and it may come behind the answer.
          body.on("error", () => undefined)
          return Effect.addFinalizer(() => Effect.sync(() => body.destroy()))
        }),
        // What reads for it can be ended as this can.
        Effect.interruptible
      )

const thrownAway = (body: Readable): Effect.Effect<never, PayloadTooLarge> =>
  Effect.suspend(() => {
    body.resume()
    return tooLarge
  })

// The body of node's server is never destroyed: that would destroy the socket, and the answer with it.
const collected = (body: Readable) =>
  Effect.async<Uint8Array, InvalidRequest | PayloadTooLarge>((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const take = (chunk: Uint8Array | string) => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk
      size += bytes.byteLength
      if (size <= LARGEST_BODY_BYTES) return void chunks.push(bytes)
      chunks.length = 0
      resume(tooLarge)
    }
    const whole = () => resume(Effect.sync(() => Buffer.concat(chunks)))
    const broken = () => resume(cutShort)
    body.on("data", take).once("end", whole).once("error", broken).once("close", broken)
    // It may have been ended, or paused, by whoever had it before.
    if (body.destroyed) broken()
    else body.resume()
    return Effect.sync(() => {
      body.off("data", take).off("end", whole).off("error", broken).off("close", broken)
    })
  })

const closeBehindAnswer = (body: Readable) =>
  HttpApp.appendPreResponseHandler((_request, response) =>
    Effect.succeed(
      response.body._tag === "Uint8Array"
        ? HttpServerResponse.setBody(response, followedBy(response.body, endOf(body))).pipe(
            HttpServerResponse.setHeader("connection", "close")
          )
        : response
    )
  )

const endOf = (body: Readable) =>
  Effect.async<void>((resume) => {
    const stop = finished(body, { writable: false }, () => resume(Effect.void))
    return Effect.sync(stop)
  })

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
