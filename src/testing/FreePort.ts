import { createServer } from "node:net"
import { Effect, Random } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"

/** The embedded server listens on loopback only. */
export const host = "127.0.0.1"

const isFree = (port: number) =>
  Effect.async<boolean>((resume) => {
    const server = createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen({ host, port }, () => server.close(() => resume(Effect.succeed(true))))
  })

/**
 * A port on which nobody listens now.
 *
 * It lies below the ports that systems lend to outgoing connections (Linux from 32768, macOS from
 * 49152). A port of those could be lent to somebody while the server is down, even to the client
 * that is trying to reach it, which then is connected to itself.
 */
export const freePort: Effect.Effect<number, EmbeddedPostgresError> = Effect.gen(function* () {
  const port = yield* Random.nextIntBetween(20_000, 32_768)
  if (yield* isFree(port)) return port
  return yield* new EmbeddedPostgresError({
    reason: "PortInUse",
    message: `No free port was found on ${host} between 20000 and 32767. Choose one with \`port\`.`
  })
}).pipe(Effect.retry({ times: 50 }))
