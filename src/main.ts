#!/usr/bin/env node
import * as PlatformConfigProvider from "@effect/platform/PlatformConfigProvider"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect, Layer, Logger } from "effect"
import * as Auth from "./Auth.ts"
import * as Dashboard from "./Dashboard.ts"
import * as Database from "./Database.ts"
import { Server } from "./http/Server.ts"
import { Pool } from "./pool/Pool.ts"
import * as Settings from "./Settings.ts"

const announced = Effect.flatMap(Server, ({ url }) =>
  Effect.logInfo(
    `Listening on ${url}. Try: curl -X POST ${url}/auth/signup -H 'Content-Type: application/json' -d '{"email":"testuser@example.com","password":"TestPass123"}'`
  )
)

const listening = (settings: Settings.Settings) => {
  const { corsOrigins = new Set<string>(), ...service } = settings.service
  const options = { ...service, corsOrigins, signUp: settings.auth.signUp }
  const server = Server.layer(options, Dashboard.routes(settings))
  return Layer.provide(Layer.effectDiscard(announced), Layer.provide(server, Auth.layer(settings)))
}

/** Ends only with a failure: a database that can never be reached ends the service. */
const reachable = Effect.flatMap(Pool, ({ ready }) => Effect.zipRight(ready, Effect.never))

const service = Effect.flatMap(Settings.load, (settings) =>
  Effect.raceFirst(Layer.launch(listening(settings)), reachable).pipe(
    // Around the server, so that requests in flight finish with their database.
    Effect.provide(Database.layer(settings))
  )
)

/** In development, what the environment does not say may stand in a file beside the service. */
const environment =
  process.env.NODE_ENV === "production"
    ? Layer.empty
    : Layer.provide(PlatformConfigProvider.layerDotEnvAdd(".env"), NodeFileSystem.layer)

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
    Effect.provide(environment),
    Effect.tapErrorCause(told),
    Effect.provide(process.stdout.isTTY ? Logger.pretty : Logger.json)
  ),
  { disableErrorReporting: true, disablePrettyLogger: true }
)
