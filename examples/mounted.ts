import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { Effect, Layer } from "effect"
import { App, Routes } from "holdfast/http"

/** Your own routes, and all of holdfast's under a prefix. */
const app = Effect.map(
  App.make({ corsOrigins: new Set(["https://app.example.com"]) }),
  (holdfast) =>
    HttpRouter.empty.pipe(
      HttpRouter.get("/", HttpServerResponse.text("A page of my own")),
      HttpRouter.mountApp("/accounts", holdfast)
    )
)

/** Needs a server, such as `NodeHttpServer.layer`, and `Accounts`, `Sessions` and the client. */
export const service = Layer.unwrapEffect(
  Effect.map(app, (router) => HttpServer.serve(router))
).pipe(Layer.provide(Routes.layer))
