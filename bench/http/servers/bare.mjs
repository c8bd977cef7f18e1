/**
 * The least that a service on @effect/platform-node is: one route, and no database. Each module is
 * imported by its own name, which starts sooner than the barrels do.
 */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Layer from "effect/Layer"

const app = HttpRouter.empty.pipe(
  HttpRouter.get("/health", HttpServerResponse.text("ok")),
  HttpServer.serve()
)

const port = Number(process.env.PORT)
const server = NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port })

NodeRuntime.runMain(Layer.launch(Layer.provide(app, server)))
