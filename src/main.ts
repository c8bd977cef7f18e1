#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Config, Effect, Layer, Logger } from "effect"
import { Accounts } from "./auth/Accounts.ts"
import { Passwords } from "./auth/Passwords.ts"
import { Sessions } from "./auth/Sessions.ts"
import * as Database from "./Database.ts"
import { httpEnvironment } from "./http/environment.ts"
import { Server } from "./http/Server.ts"
import { Pool } from "./pool/Pool.ts"

const address = Config.all({
  host: Config.withDefault(Config.string("HOST"), "127.0.0.1"),
  port: Config.withDefault(Config.port("PORT"), 8000)
})

const announced = Effect.flatMap(Server, ({ url }) =>
  Effect.logInfo(
    `Listening on ${url}. Try: curl -X POST ${url}/auth/signup -H 'Content-Type: application/json' -d '{"email":"testuser@example.com","password":"TestPass123"}'`
  )
)

const auth = Layer.merge(Layer.provide(Accounts.layer(), Passwords.layer()), Sessions.layer())

const listening = Effect.map(Effect.all([address, httpEnvironment]), ([where, how]) =>
  Layer.provide(
    Layer.effectDiscard(announced),
    Layer.provide(Server.layer({ ...where, ...how }), auth)
  )
).pipe(Layer.unwrapEffect)

/** Ends only with a failure: a database that can never be reached ends the service. */
const reachable = Effect.flatMap(Pool, ({ ready }) => Effect.zipRight(ready, Effect.never))

const service = Effect.raceFirst(Layer.launch(listening), reachable).pipe(
  // Around the server, so that requests in flight finish with their database.
  Effect.provide(Database.layer)
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

NodeRuntime.runMain(
  service.pipe(
    Effect.tapErrorCause(told),
    Effect.provide(process.stdout.isTTY ? Logger.pretty : Logger.json)
  ),
  { disableErrorReporting: true, disablePrettyLogger: true }
)
