import { createServer, type RequestListener } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bytesOf, KeptConnection } from "../../../bench/http/KeptConnection.ts"

/** A connection to a server that answers so. */
const connected = (answer: RequestListener) =>
  Effect.gen(function* () {
    const server = createServer(answer)
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () => Effect.sync(() => server.close().closeAllConnections())
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return yield* Effect.acquireRelease(
      Effect.sync(() => new KeptConnection(port)),
      (connection) => Effect.sync(() => connection.close())
    )
  })

const asked = (connection: KeptConnection, question = bytesOf({ method: "GET", path: "/" })) =>
  Effect.promise(() => connection.ask(question))

describe("the connection of the benchmark's callers", () => {
  it.scopedLive("hears one answer after the other, with a length, in chunks or empty", () =>
    Effect.gen(function* () {
      let answers = 0
      const connection = yield* connected((_, response) => {
        answers += 1
        if (answers === 1) response.writeHead(200, { "content-length": 5 }).end("0\r\n\r\n")
        else if (answers === 2)
          response.writeHead(201).write("0\r\n\r\nthe first", () => response.end("the last"))
        else response.writeHead(204, { "content-length": 0 }).end()
      })
      assert.deepStrictEqual(
        [yield* asked(connection), yield* asked(connection), yield* asked(connection)],
        [200, 201, 204]
      )
    })
  )

  it.scopedLive("does not take the beginning of an answer for the whole", () =>
    Effect.gen(function* () {
      let isWhole = false
      const connection = yield* connected((_, response) => {
        response.writeHead(200, { "content-length": 6 }).write("abc")
        setTimeout(() => {
          isWhole = true
          response.end("def")
        }, 20)
      })
      yield* asked(connection)
      assert.isTrue(isWhole)
    })
  )

  it.scopedLive("sends what is asked with its body", () =>
    Effect.gen(function* () {
      let heard = ""
      const connection = yield* connected((request, response) => {
        request.on("data", (chunk) => {
          heard += `${request.method} ${request.headers["content-type"]} ${chunk}`
        })
        request.on("end", () => response.writeHead(200, { "content-length": 0 }).end())
      })
      const question = bytesOf({ method: "POST", path: "/", body: { name: "Zoë" } })
      yield* asked(connection, question)
      assert.strictEqual(heard, 'POST application/json {"name":"Zoë"}')
    })
  )

  it.scopedLive("rejects when the server hangs up", () =>
    Effect.gen(function* () {
      const connection = yield* connected((request) => request.socket.destroy())
      const exit = yield* Effect.exit(
        Effect.tryPromise(() => connection.ask(bytesOf({ method: "GET", path: "/" })))
      )
      assert.strictEqual(exit._tag, "Failure")
    })
  )
})
