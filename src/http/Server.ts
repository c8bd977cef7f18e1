import type * as Http from "node:http"
import { HttpMiddleware } from "@effect/platform"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Duration, Effect, Layer } from "effect"
import * as App from "./App.ts"
import { LARGEST_BODY_BYTES } from "./BodyBytes.ts"
import * as Drain from "./Drain.ts"
import * as NodeServer from "./NodeServer.ts"
import { Readiness } from "./Readiness.ts"
import * as Routes from "./Routes.ts"
import { serverDefaults } from "./ServerDefaults.ts"
import { SignUpMode } from "./SignUpMode.ts"
import { TurnScheduler } from "./TurnScheduler.ts"

/** Where and how the service listens. */
export interface ServerOptions extends App.AppOptions {
  /** The address to listen on. Default `127.0.0.1`: this machine only. */
  readonly host?: string
  /** The port; 0 picks a free one. Default 8000. */
  readonly port?: number
  /** See `SignUpMode`. Default `immediate`. */
  readonly signUp?: typeof SignUpMode.Service
  /**
   * How long the service still accepts once `/health/ready` says 503: what load balancers need to
   * notice. Default none.
   */
  readonly drainDelay?: Duration.DurationInput
  /** How long requests may go on after that. Default 10 s. */
  readonly drainDeadline?: Duration.DurationInput
}

const serve = Effect.fnUntraced(function* (options: ServerOptions) {
  const host = options.host ?? serverDefaults.host
  const app = yield* App.make(options)
  const server = yield* NodeServer.create
  const drain = Drain.make(server, yield* Readiness, {
    delay: Duration.decode(options.drainDelay ?? serverDefaults.drainDelay),
    deadline: Duration.decode(options.drainDeadline ?? serverDefaults.drainDeadline)
  })
  const handle = yield* NodeHttpServer.makeHandler(app, drain.track).pipe(
    // RequestLog makes the span: platform's records the query and every header.
    Effect.locally(HttpMiddleware.currentTracerDisabledWhen, () => true),
    Effect.withScheduler(new TurnScheduler())
  )
  server.on("request", handle).on("checkContinue", continueUnlessTooLarge(handle))
  // Last, so that nobody connects to a server that can't answer, and drained first.
  const port = yield* Effect.acquireRelease(
    NodeServer.listen(server, host, options.port ?? serverDefaults.port),
    () => drain.run
  )
  return Server.of({ port, url: `http://${host.includes(":") ? `[${host}]` : host}:${port}` })
})

// Who asks before sending (`Expect: 100-continue`, as curl does) is spared the upload.
const continueUnlessTooLarge =
  (handle: Http.RequestListener): Http.RequestListener =>
  (request, response) => {
    if (Number(request.headers["content-length"] ?? 0) <= LARGEST_BODY_BYTES) {
      response.writeContinue()
    }
    handle(request, response)
  }

/** The service, listening. */
export class Server extends Context.Tag("holdfast/http/Server")<
  Server,
  {
    /** Where it answers, for example `http://127.0.0.1:8000`. */
    readonly url: string
    /** The port it was given. */
    readonly port: number
  }
>() {
  /**
   * Serves the whole API until its scope closes, and fails with `ListenError` when it can't listen.
   *
   * When the scope closes it stops accepting and lets the requests in flight finish. What it needs
   * is still there while it does so, as long as it is *provided* to this layer (`Layer.provide`);
   * only layers that stand beside it are closed in any order.
   *
   * `further` adds routes of its own to `HttpApiBuilder.Router`.
   */
  static layer<R = never>(
    options: ServerOptions = {},
    further: Layer.Layer<never, never, R> = Layer.empty
  ) {
    const routes = Layer.provideMerge(
      further,
      Layer.provide(Routes.layer, Layer.succeed(SignUpMode, options.signUp ?? "immediate"))
    )
    return Layer.scoped(Server, serve(options)).pipe(
      Layer.provide(routes),
      Layer.provide(NodeHttpServer.layerContext)
    )
  }
}
