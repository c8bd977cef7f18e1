import { createServer, type Server } from "node:net"
import { assert, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { PgClient } from "../../src/sql/index.ts"
import { failure } from "../support/Failure.ts"

/** AuthenticationGSS, which the driver does not speak: it throws while it reads. */
const byKerberos = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 7])

const server = Effect.acquireRelease(
  Effect.async<Server>((resume) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.write(byKerberos))
    })
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
)

it.scopedLive("a server that wants a login which the driver does not know refuses, for good", () =>
  Effect.gen(function* () {
    const address = (yield* server).address()
    const port = typeof address === "object" ? address?.port : undefined
    const url = Redacted.make(`postgresql://me:hunter2@127.0.0.1:${port}/db`)
    const error = yield* failure(
      Effect.scoped(Effect.provide(Effect.void, PgClient.layer({ url })))
    )
    assert.include(error.message, "authenticationOk message type")
    assert.isFalse(error.isRetryable)
    assert.notInclude(error.message, "hunter2")
  })
)
