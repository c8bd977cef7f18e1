import { connect, type Socket } from "node:net"
import { Worker } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { turn } from "../../src/runtime/turn.ts"

/**
 * A server in a thread of its own, with two connections that say who they are. It writes to `a`, and ends
 * `b` only when its client has begun to read that.
 */
const server = `
const { createServer } = require("node:net")
const { parentPort, workerData: cells } = require("node:worker_threads")
const sockets = {}
const serve = ({ a, b }) => {
  if (a === undefined || b === undefined) return
  a.write("now", () => {
    Atomics.wait(cells, 0, 0)
    b.end(() => {
      Atomics.store(cells, 1, 1)
      Atomics.notify(cells, 1)
    })
  })
}
createServer((socket) => {
  socket.on("error", () => undefined)
  socket.once("data", (name) => {
    sockets[name.toString()] = socket
    serve(sockets)
  })
}).listen(0, "127.0.0.1", function () {
  parentPort.postMessage(this.address().port)
})
`

const serving = (cells: Int32Array) =>
  Effect.acquireRelease(
    Effect.sync(() => new Worker(server, { eval: true, workerData: cells })),
    (worker) => Effect.promise(() => worker.terminate())
  ).pipe(
    Effect.flatMap((worker) =>
      Effect.async<number>((resume) => {
        worker.once("message", (port: number) => resume(Effect.succeed(port)))
      })
    )
  )

const connected = (port: number, name: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const socket = connect(port, "127.0.0.1")
      socket.on("error", () => undefined)
      socket.write(name)
      return socket
    }),
    (socket: Socket) => Effect.sync(() => socket.destroy())
  )

describe("a turn of the event loop", () => {
  it.scopedLive("reads what came while another socket was being read", () =>
    Effect.gen(function* () {
      const cells = new Int32Array(new SharedArrayBuffer(8))
      const port = yield* serving(cells)
      let hasEnded = false
      const [a, b] = [yield* connected(port, "a"), yield* connected(port, "b")]
      b.resume().once("end", () => {
        hasEnded = true
      })
      const wasRead = yield* Effect.async<boolean>((resume) => {
        a.once("data", () => {
          Atomics.store(cells, 0, 1)
          Atomics.notify(cells, 0)
          // The event loop stands still until the other connection has been ended.
          Atomics.wait(cells, 1, 0, 3_000)
          Effect.runFork(Effect.map(turn, () => resume(Effect.succeed(hasEnded))))
        })
      })
      assert.strictEqual(Atomics.load(cells, 1), 1)
      assert.isTrue(wasRead)
    })
  )
})
