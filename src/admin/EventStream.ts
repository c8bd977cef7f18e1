import type { ServerResponse } from "node:http"
import { HttpServerRequest, HttpServerResponse } from "@effect/platform"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import { Effect, Mailbox, Stream } from "effect"
import { type Listener, mailbox } from "./Audience.ts"
import { retryAfter, serverSentEvent } from "./ServerSentEvent.ts"
import { MOST_PAGES, type Watch } from "./Watch.ts"

// Reconnecting costs one snapshot.
const RECONNECT_MILLIS = 2000

const HEADERS = {
  // A proxy that buffered it would show a page from a minute ago.
  "x-accel-buffering": "no",
  "cache-control": "no-store, no-transform"
}

const listenerOf = (response: ServerResponse, isAllowed: Effect.Effect<boolean>) =>
  Effect.map(
    mailbox,
    (messages): Listener => ({
      messages,
      isAllowed,
      cutOff: () => {
        response.destroy()
      }
    })
  )

/** A page's place in the audience, for as long as its stream. */
const messages = (watch: Watch["Type"], listener: Listener, isAgain: boolean) =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const isIn = yield* Effect.acquireRelease(
        Effect.sync(() => watch.audience.add(listener)),
        () => Effect.sync(() => watch.audience.remove(listener))
      )
      if (!isIn) return Stream.empty
      const first = yield* watch.snapshot
      yield* watch.opened(isAgain)
      return Stream.concat(
        Stream.make(retryAfter(RECONNECT_MILLIS), first),
        Mailbox.toStream(listener.messages)
      )
    })
  )

const full = HttpServerResponse.text(
  `${MOST_PAGES} pages are open already, the most that are told of what happens.`,
  { status: 503, headers: { "retry-after": "30" } }
)

/** Everything that happens from now on, one second after the other, beginning with all that is known. */
export const eventStream = (watch: Watch["Type"], isAllowed: Effect.Effect<boolean>) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    if (watch.audience.size >= MOST_PAGES) return full
    const response = NodeHttpServerRequest.toServerResponse(request)
    const listener = yield* listenerOf(response, isAllowed)
    const isAgain = request.headers["last-event-id"] !== undefined
    return HttpServerResponse.stream(messages(watch, listener, isAgain), {
      contentType: "text/event-stream; charset=utf-8",
      headers: HEADERS
    })
  })

// Time for the last words to get through to who listens.
const FAREWELL = "100 millis"

/** Ends every page's stream at once: an instance that drains must not wait for those who watch it. */
export const farewell = ({ audience }: Watch["Type"]): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { all } = audience
    audience.tell(serverSentEvent("draining", "draining", {}))
    yield* Effect.forEach(all, (listener) => audience.dismiss(listener), { discard: true })
    yield* Effect.sleep(FAREWELL)
    for (const { cutOff } of all) cutOff()
  })
