import { Cause, Effect, Layer, Logger } from "effect"
import * as Auth from "./Auth.ts"
import * as Dashboard from "./Dashboard.ts"
import * as Database from "./Database.ts"
import * as Environment from "./Environment.ts"
import { Server } from "./http/Server.ts"
import { Pool } from "./pool/Pool.ts"
import * as Settings from "./Settings.ts"
import * as Telemetry from "./Telemetry.ts"
import * as JsonLines from "./telemetry/JsonLines.ts"

const announced = Effect.flatMap(Server, ({ url }) =>
  Effect.logInfo(
    `Listening on ${url}. Try: curl -X POST ${url}/auth/signup -H 'Content-Type: application/json' -d '{"email":"testuser@example.com","password":"TestPass123"}'`
  )
)

const listening = (settings: Settings.Settings) => {
  const {
    corsOrigins = new Set<string>(),
    drainDeadline,
    drainDelay,
    host,
    port,
    trustedHops
  } = settings.service
  const { signUp } = settings.auth
  const options = { corsOrigins, drainDeadline, drainDelay, host, port, signUp, trustedHops }
  const further = Layer.merge(Telemetry.routes(settings), Dashboard.routes(settings))
  const server = Server.layer(options, further)
  return Layer.provide(Layer.effectDiscard(announced), Layer.provide(server, Auth.layer(settings)))
}

/** Ends only with a failure: a database that can never be reached ends the service. */
const reachable = Effect.flatMap(Pool, ({ ready }) => Effect.zipRight(ready, Effect.never))

const service = Effect.flatMap(Settings.load, (settings) =>
  Layer.build(listening(settings)).pipe(
    // Behind it in the same fiber: who is interrupted in a race does not wait for the racers, and
    // the database would be gone before the requests that are still in flight.
    Effect.zipRight(reachable),
    Effect.scoped,
    // Around the server, so that requests in flight finish with their database.
    // And telemetry around both, so that what they do at the end is seen.
    Effect.provide(Layer.provideMerge(Database.layer(settings), Telemetry.exported(settings)))
  )
)

const sentences = (cause: Cause.Cause<unknown>) =>
  Cause.prettyErrors(cause)
    .map(({ message }) => message)
    .join("; ")

/** What was expected to go wrong is told in its sentence; only defects show where they come from. */
const told = (cause: Cause.Cause<unknown>) =>
  Cause.isInterruptedOnly(cause)
    ? Effect.void
    : Cause.isDie(cause)
      ? Effect.logError("The service ended by a defect", cause)
      : Effect.logError(`The service ended: ${sentences(cause)}`)

/**
 * The service as it is configured by the environment, until it is interrupted. Why it ended is logged
 * before it fails.
 */
export const program: Effect.Effect<void, unknown> = service.pipe(
  Effect.provide(Environment.layer),
  Effect.tapErrorCause(told),
  Effect.provide(process.stdout.isTTY ? Logger.pretty : JsonLines.layer())
)
