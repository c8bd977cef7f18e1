import * as Http from "node:http"
import { Deferred, Duration, Effect } from "effect"
import { makeFork } from "../runtime/Fork.ts"
import { answerClientError } from "./ClientError.ts"
import { type ListenError, listenError } from "./ListenError.ts"

const millis = (input: Duration.DurationInput): number => Duration.toMillis(input)

const OPTIONS: Http.ServerOptions = {
  // The whole request: 16 KiB in 30 s is slower than any modem. Ends "slow POST".
  requestTimeout: millis("30 seconds"),
  // Its headers. Ends "slowloris"; must not exceed the former.
  headersTimeout: millis("10 seconds"),
  // How precisely both are kept (Node's default is 30 s).
  connectionsCheckingInterval: millis("1 second"),
  // Longer than load balancers keep an idle connection (60 s), so that they are the ones to close:
  // otherwise now and then one sends a request into a connection that is just being closed.
  keepAliveTimeout: millis("65 seconds"),
  // Node's own default, said here because tokens travel in headers: 16 KiB for all of them.
  maxHeaderSize: 16 * 1024,
  // Otherwise a second Authorization header would vanish without a trace.
  joinDuplicateHeaders: true
}

/** A Node server that listens nowhere yet, and that no broken connection can crash. */
export const create = Effect.gen(function* () {
  const fork = yield* makeFork
  const server = Http.createServer(OPTIONS)
  // No limit but their size: Node drops those behind the 2000th without a word, a proxy's own among them.
  server.maxHeadersCount = 0
  return server.on("clientError", (error, socket) => {
    fork(answerClientError(error, socket))
  })
})

/** Listens, and returns the port. Fails with a `ListenError`. Port 0 picks a free one. */
export const listen = (server: Http.Server, host: string, port: number) =>
  Effect.gen(function* () {
    const fork = yield* makeFork
    yield* Effect.async<void, ListenError>((resume) => {
      const refuse = (cause: Error) => resume(Effect.fail(listenError(host, port, cause)))
      server.once("error", refuse).listen({ host, port }, () => {
        server.off("error", refuse)
        resume(Effect.void)
      })
    })
    // Out of file descriptors, for example. Without a listener it would end the process.
    server.on("error", (error) => {
      fork(Effect.logWarning("A connection could not be accepted", error.message))
    })
    const address = server.address()
    return typeof address === "object" && address !== null ? address.port : port
  })

/** Stops accepting connections. The inner effect ends when the last connection is closed. */
export const close = (server: Http.Server): Effect.Effect<Effect.Effect<void>> =>
  Effect.map(Deferred.make<void>(), (closed) => {
    // The one error is "not running", which is what was asked for.
    server.close(() => Deferred.unsafeDone(closed, Effect.void))
    return Deferred.await(closed)
  })
