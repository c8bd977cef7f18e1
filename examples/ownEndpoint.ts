import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "@effect/platform"
import { Effect, Layer, Schema } from "effect"
import { Authentication, CurrentSession, SessionAuthentication } from "holdfast/http"

const greeting = HttpApiEndpoint.get("greeting", "/greeting")
  .addSuccess(Schema.String)
  .middleware(Authentication)

/** An API of your own, for who is signed in. */
export class Greetings extends HttpApi.make("greetings").add(
  HttpApiGroup.make("greetings").add(greeting)
) {}

const handlers = HttpApiBuilder.group(Greetings, "greetings", (handlers) =>
  handlers.handle("greeting", () =>
    Effect.map(CurrentSession, ({ user }) => `Hello, ${user.email}`)
  )
)

/** Needs `Sessions`. */
export const greetings = HttpApiBuilder.api(Greetings).pipe(
  Layer.provide(handlers),
  Layer.provide(SessionAuthentication.layer)
)
