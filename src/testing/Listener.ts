import { createServer, type Server, type Socket } from "node:net"
import { Data, Effect, Schedule, type Scope } from "effect"

/** The proxy always listens on loopback, never on a network. */
export const listenHost = "127.0.0.1"

/** The proxy can't have its port: choose another one, or none for a free one. */
export class FaultProxyError extends Data.TaggedError("FaultProxyError")<{
  readonly port: number
  readonly cause: Error
}> {
  override get message(): string {
    return `FaultProxy can't listen on ${listenHost}:${this.port} (${this.cause.message}). \
Choose another port, or leave \`port\` out for a free one.`
  }
}

/** A listening socket that can be closed and opened again on the same port. */
export interface Listener {
  readonly port: number
  /** Listens, unless it does already. A port that is briefly taken is tried for 5 seconds. */
  readonly open: Effect.Effect<void, FaultProxyError>
  /** Stops listening: connections are refused. Those accepted earlier are left alone. */
  readonly close: Effect.Effect<void>
}

const listen = (port: number, accept: (client: Socket) => void) =>
  Effect.async<Server, FaultProxyError>((resume) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, accept)
    server.on("error", (cause) => resume(Effect.fail(new FaultProxyError({ port, cause }))))
    server.listen({ host: listenHost, port }, () => resume(Effect.succeed(server)))
  })

const portOf = (server: Server): number => {
  const address = server.address()
  return address !== null && typeof address === "object" ? address.port : 0
}

// While the proxy refuses, the system may lend its port to an outgoing connection.
const whileTaken = Schedule.spaced("50 millis").pipe(Schedule.intersect(Schedule.recurs(100)))

/** Listens on `port` (0 for a free one) until the scope closes. */
export const makeListener = (
  port: number,
  accept: (client: Socket) => void
): Effect.Effect<Listener, FaultProxyError, Scope.Scope> =>
  Effect.gen(function* () {
    const turn = yield* Effect.makeSemaphore(1)
    let server: Server | undefined
    const close = Effect.sync(() => {
      server?.close()
      server = undefined
    })
    const openOn = (at: number) =>
      Effect.uninterruptible(
        Effect.map(listen(at, accept), (opened) => {
          server = opened
          return portOf(opened)
        })
      )
    yield* Effect.addFinalizer(() => close)
    const bound = yield* openOn(port)
    const reopen = Effect.suspend(() =>
      server === undefined ? Effect.retry(openOn(bound), whileTaken) : Effect.void
    )
    return {
      port: bound,
      open: turn.withPermits(1)(Effect.asVoid(reopen)),
      close: turn.withPermits(1)(close)
    }
  })
