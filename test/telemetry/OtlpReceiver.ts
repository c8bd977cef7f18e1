import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { Effect, type Scope } from "effect"
import { debianProgram } from "../support/DebianProgram.ts"
import { type Message, messages, parse } from "./ProtoText.ts"

/** Google's reader of protocol buffers, which is told OpenTelemetry's definitions. */
export const protoc = debianProgram("protoc", "protobuf-compiler")

const definitions = fileURLToPath(new URL("./opentelemetry-proto", import.meta.url))

type Signal = "trace" | "metrics"

const decode = (signal: Signal, body: Uint8Array): Message => {
  const kind = signal === "trace" ? "Trace" : "Metrics"
  return parse(
    protoc.run(
      [
        "-I",
        definitions,
        `--decode=opentelemetry.proto.collector.${signal}.v1.Export${kind}ServiceRequest`,
        `opentelemetry/proto/collector/${signal}/v1/${signal}_service.proto`
      ],
      body
    )
  )
}

/** Each body is read once: protoc is a process of its own, and whoever waits for a span asks again and again. */
const reader = () => {
  const known = new WeakMap<Uint8Array, Message>()
  return (signal: Signal, body: Uint8Array): Message => {
    const message = known.get(body) ?? decode(signal, body)
    known.set(body, message)
    return message
  }
}

/** What was delivered. */
export interface Delivery {
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: Buffer
}

/** A place that takes deliveries, and how it takes them. */
export interface OtlpReceiver {
  readonly url: string
  readonly deliveries: ReadonlyArray<Delivery>
  /** Requests that have no answer now, and the most there ever were. */
  readonly waiting: () => number
  readonly mostWaiting: () => number
  /** What it answers from now on; none: it does not. */
  readonly answer: (status: number | undefined, headers?: Record<string, string>) => void
  /** The path of what it refuses from now on, with 404, whatever else it answers. */
  readonly refuse: (path: string) => void
  /** All spans that were delivered, as protoc reads them. */
  readonly spans: () => ReadonlyArray<Message>
  /** All metrics that were delivered last. */
  readonly metrics: () => ReadonlyArray<Message>
}

const read = (request: IncomingMessage, then: (body: Buffer) => void) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk) => chunks.push(chunk))
  request.on("end", () => then(Buffer.concat(chunks)))
}

const listening = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof createServer>>((resume) => {
      const server = createServer(handle)
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address !== null ? address.port : 0

/** Listens until the scope closes. */
export const otlpReceiver: Effect.Effect<OtlpReceiver, never, Scope.Scope> = Effect.gen(
  function* () {
    const deliveries: Array<Delivery> = []
    let answer: { status: number | undefined; headers: Record<string, string> }
    answer = { status: 200, headers: {} }
    let refused: string | undefined
    let waiting = 0
    let mostWaiting = 0
    const server = yield* listening((request, response) => {
      waiting += 1
      mostWaiting = Math.max(mostWaiting, waiting)
      response.on("close", () => {
        waiting -= 1
      })
      read(request, (body) => {
        deliveries.push({ path: request.url ?? "", headers: request.headers, body })
        if (request.url === refused) response.writeHead(404).end()
        else if (answer.status !== undefined)
          response.writeHead(answer.status, answer.headers).end()
      })
    })
    const message = reader()
    const to = (path: string) => deliveries.filter((delivery) => delivery.path === path)
    return {
      url: `http://127.0.0.1:${portOf(server.address())}`,
      deliveries,
      waiting: () => waiting,
      mostWaiting: () => mostWaiting,
      answer: (status, headers = {}) => {
        answer = { status, headers }
      },
      refuse: (path) => {
        refused = path
      },
      spans: () =>
        to("/v1/traces")
          .map(({ body }) => message("trace", body))
          .flatMap((request) => messages(request, "resource_spans"))
          .flatMap((resource) => messages(resource, "scope_spans"))
          .flatMap((scope) => messages(scope, "spans")),
      metrics: () =>
        to("/v1/metrics")
          .slice(-1)
          .map(({ body }) => message("metrics", body))
          .flatMap((request) => messages(request, "resource_metrics"))
          .flatMap((resource) => messages(resource, "scope_metrics"))
          .flatMap((scope) => messages(scope, "metrics"))
    }
  }
)
