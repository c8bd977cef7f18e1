/**
 * `floor.mjs` behind the HttpApi of @effect/platform, as its documentation has it: what a service that is
 * written with it can't exceed, whatever it does. Nothing is logged, and no span is made.
 */
import { createServer } from "node:http"
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiSchema,
  HttpMiddleware
} from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer, Schema } from "effect"
import { lookedUp, signedUp } from "./floor.mjs"

const SignedIn = Schema.Struct({
  user: Schema.Struct({
    id: Schema.String,
    email: Schema.String,
    emailVerified: Schema.NullOr(Schema.Date),
    createdAt: Schema.Date,
    updatedAt: Schema.Date
  }),
  session: Schema.Struct({
    id: Schema.String,
    userId: Schema.String,
    expires: Schema.Date,
    sessionToken: Schema.optional(Schema.String)
  })
})

class NoSession extends Schema.TaggedError()("NoSession", {}) {}

const api = HttpApi.make("floor").add(
  HttpApiGroup.make("floor")
    .add(HttpApiEndpoint.get("health", "/health").addSuccess(Schema.Struct({})))
    .add(
      HttpApiEndpoint.get("session", "/auth/session")
        .setHeaders(Schema.Struct({ authorization: Schema.String }))
        .addSuccess(SignedIn)
        .addError(NoSession, { status: 401 })
    )
    .add(
      HttpApiEndpoint.post("signUp", "/auth/signup")
        .setPayload(Schema.Struct({ email: Schema.String, password: Schema.String }))
        .addSuccess(SignedIn.annotations(HttpApiSchema.annotations({ status: 201 })))
    )
)

const handlers = HttpApiBuilder.group(api, "floor", (floor) =>
  floor
    .handle("health", () => Effect.succeed({}))
    .handle("session", ({ headers }) =>
      Effect.promise(() => lookedUp(headers.authorization.slice("Bearer ".length))).pipe(
        Effect.flatMap((session) =>
          session === undefined ? Effect.fail(new NoSession()) : Effect.succeed(session)
        )
      )
    )
    .handle("signUp", ({ payload }) => Effect.promise(() => signedUp(payload)))
)

const port = Number(process.env.PORT)

const server = HttpApiBuilder.serve().pipe(
  Layer.provide(Layer.provide(HttpApiBuilder.api(api), handlers)),
  Layer.provide(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port })),
  Layer.locally(HttpMiddleware.currentTracerDisabledWhen, () => true)
)

NodeRuntime.runMain(Layer.launch(server))
