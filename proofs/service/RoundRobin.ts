import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http"
import { Effect, Schedule, type Scope } from "effect"
import { endingOf } from "./Ending.ts"

/** A load balancer: passes each request to the next of the instances that say they are ready. */
export interface RoundRobin {
  readonly url: string
  /** Instances from now on, by their addresses. */
  readonly set: (urls: ReadonlyArray<string>) => Effect.Effect<void>
  /** Requests that an instance did not answer after they were sent; each was answered 502. */
  readonly unanswered: () => number
}

/** How often instances are asked whether they are ready: `DRAIN_DELAY` must be longer. */
export const probeInterval = "100 millis"

interface Upstream {
  readonly url: string
  isReady: boolean
}

class Balancer {
  upstreams: ReadonlyArray<Upstream> = []
  unanswered = 0
  private turn = 0
  private readonly agent = new Agent({ keepAlive: true })

  readonly set = (urls: ReadonlyArray<string>): void => {
    this.upstreams = urls.map(
      (url) => this.upstreams.find((known) => known.url === url) ?? { url, isReady: false }
    )
  }

  readonly pass = (incoming: IncomingMessage, answer: ServerResponse): void => {
    const chunks: Array<Buffer> = []
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.on("end", () => this.send(incoming, Buffer.concat(chunks), answer, 3))
  }

  private next(): Upstream | undefined {
    const ready = this.upstreams.filter(({ isReady }) => isReady)
    this.turn += 1
    return ready[this.turn % Math.max(1, ready.length)]
  }

  private send(
    incoming: IncomingMessage,
    body: Buffer,
    answer: ServerResponse,
    tries: number
  ): void {
    const upstream = this.next()
    if (upstream === undefined || tries === 0) {
      answer.writeHead(503, { "retry-after": "1" }).end("no instance")
      return
    }
    const { headers, method, url } = incoming
    const passed = request(`${upstream.url}${url}`, { agent: this.agent, method, headers })
    passed.on("response", (response) => {
      const { connection: _, ...kept } = response.headers
      answer.writeHead(response.statusCode ?? 502, kept)
      response.on("error", () => answer.destroy()).pipe(answer)
    })
    passed.on("error", (error) => {
      // Refused before anything was sent: any other will do.
      if ("code" in error && error.code === "ECONNREFUSED") {
        upstream.isReady = false
        this.send(incoming, body, answer, tries - 1)
        return
      }
      this.unanswered += 1
      answer.writeHead(502).end("an instance did not answer")
    })
    passed.end(body)
  }
}

/** Whether an instance wants requests. */
const isReady = ({ url }: Upstream) =>
  endingOf(url, false, { method: "GET", path: "/health/ready" }).pipe(
    Effect.map((ending) => ending._tag === "Answered" && ending.status === 200),
    Effect.timeoutTo({ duration: "1 second", onSuccess: (ready) => ready, onTimeout: () => false })
  )

const probe = (balancer: Balancer) =>
  Effect.suspend(() =>
    Effect.forEach(
      balancer.upstreams,
      (upstream) =>
        Effect.map(isReady(upstream), (ready) => {
          upstream.isReady = ready
        }),
      { concurrency: "unbounded", discard: true }
    )
  )

/** On loopback, until the scope closes. */
export const roundRobin: Effect.Effect<RoundRobin, never, Scope.Scope> = Effect.gen(function* () {
  const balancer = new Balancer()
  const server = createServer({ keepAliveTimeout: 60_000 }, balancer.pass)
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    }),
    () =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
  )
  yield* Effect.forkScoped(Effect.repeat(probe(balancer), Schedule.spaced(probeInterval)))
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    set: (urls) =>
      Effect.zipRight(
        Effect.sync(() => balancer.set(urls)),
        probe(balancer)
      ),
    unanswered: () => balancer.unanswered
  }
})
