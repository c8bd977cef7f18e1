import type * as Http from "node:http"
import { type HttpApp, HttpServerRequest } from "@effect/platform"
import { toServerResponse } from "@effect/platform-node/NodeHttpServerRequest"
import { Duration, Effect, Option, Schedule } from "effect"
import { arrivalsAt } from "./Arrivals.ts"
import { close } from "./NodeServer.ts"
import type { Readiness } from "./Readiness.ts"

/** Ends a server without breaking off an answer. */
export interface Drain {
  /** Counts the requests that this app is answering; announces the end on the last answers. */
  readonly track: <E, R>(app: HttpApp.Default<E, R>) => HttpApp.Default<E, R>
  /**
   * Tells who asks that the service is not ready and waits a moment for load balancers to hear of it;
   * every answer ends its connection. Then it stops accepting, refuses what still comes over open
   * connections, lets what has begun finish, and closes every connection. After the deadline it
   * closes them over whatever still runs.
   */
  readonly run: Effect.Effect<void>
}

/** How long a drain may take. */
export interface DrainTimes {
  /** From the moment that it is not ready until it stops accepting. */
  readonly delay: Duration.Duration
  /** From then on, for the requests that are still running. */
  readonly deadline: Duration.Duration
}

// How often a drain looks, and how long handlers may take to notice that their client is gone.
const INTERVAL = Duration.millis(20)
const UNWINDING = Duration.seconds(1)

// A finalizer runs in a fiber that, at a Ctrl-C, has been interrupted already: whatever it made
// interruptible would end at once. The limit races it in a fiber of its own, which has not.
const endsWithin = <A>(effect: Effect.Effect<A>, limit: Duration.Duration) =>
  Effect.map(Effect.timeoutOption(Effect.interruptible(effect), limit), Option.isSome)

/** The answer says `Connection: close`, if it has not begun. */
const announceEnd = (response: Http.ServerResponse): void => {
  response.shouldKeepAlive = false
}

const told = (inFlight: number, delay: Duration.Duration) => {
  const accepting =
    Duration.toMillis(delay) === 0 ? "" : ` Accepting more for ${Duration.format(delay)}.`
  return `Told to end. Requests in flight: ${inFlight}.${accepting}`
}

/**
 * The drain of a server. platform's handlers are daemons that no scope waits for, and its own
 * shutdown waits without a limit, so the requests are counted here.
 */
export const make = (
  server: Http.Server,
  readiness: Readiness["Type"],
  { deadline, delay }: DrainTimes
): Drain => {
  const { hasUnanswered, settle } = arrivalsAt(server)
  const inFlight = new Set<Http.ServerResponse>()
  let draining = false

  // Connections become idle one by one, as their last answer goes out.
  const isQuiet = Effect.map(hasUnanswered, (isAwaited) => !isAwaited && inFlight.size === 0)

  const quiet = Effect.repeat(isQuiet, {
    until: (answer) => answer,
    schedule: Schedule.spaced(INTERVAL)
  })

  return {
    track: (app) =>
      Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
        const response = toServerResponse(request)
        inFlight.add(response)
        if (draining) announceEnd(response)
        return Effect.ensuring(
          app,
          Effect.sync(() => inFlight.delete(response))
        )
      }),
    run: Effect.gen(function* () {
      draining = true
      for (const response of inFlight) announceEnd(response)
      yield* readiness.end
      yield* Effect.logInfo(told(inFlight.size, delay))
      yield* Effect.sleep(delay)
      yield* settle
      const closed = yield* close(server)
      yield* readiness.close
      if (!(yield* endsWithin(quiet, deadline))) {
        yield* Effect.logWarning(
          `Requests still running after ${Duration.format(deadline)}: ${inFlight.size}. Closing their connections.`
        )
      }
      server.closeAllConnections()
      yield* endsWithin(Effect.zip(quiet, closed), UNWINDING)
    })
  }
}
