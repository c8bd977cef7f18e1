/** The least that a service on @effect/platform-node is: one route, and no database. */
import { createServer } from "node:http"
import { HttpRouter, HttpServer, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Layer } from "effect"

const app = HttpRouter.empty.pipe(
  HttpRouter.get("/health", HttpServerResponse.text("ok")),
  HttpServer.serve()
)

const port = Number(process.env.PORT)
const server = NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port })

NodeRuntime.runMain(Layer.launch(Layer.provide(app, server)))
