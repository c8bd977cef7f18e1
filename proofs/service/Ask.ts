import { Agent, type IncomingHttpHeaders, request } from "node:http"
import { Data, Effect } from "effect"

/** What is asked of the service. */
export interface Question {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

/** What it answered, and how many milliseconds that took. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly millis: number
}

/** No answer came: the connection failed. */
export class NoAnswer extends Data.TaggedError("NoAnswer")<{ readonly message: string }> {}

/** Asks a service, over connections that are kept. Interrupted, it hangs up. */
export type Ask = (question: Question) => Effect.Effect<Answer, NoAnswer>

const headersOf = (text: string, given: Question["headers"]) => ({
  ...(text === "" ? {} : { "content-type": "application/json" }),
  "content-length": Buffer.byteLength(text),
  ...given
})

/** For the service at an address; at most so many questions at the same time. */
export const askAt = (url: string, atOnce: number): Ask => {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  return ({ body, headers, method, path }) =>
    Effect.async((resume) => {
      const text = body === undefined ? "" : JSON.stringify(body)
      const begun = performance.now()
      const fail = ({ message }: Error) => resume(new NoAnswer({ message }))
      const asked = request(`${url}${path}`, { agent, method, headers: headersOf(text, headers) })
      asked.on("error", fail).on("response", (response) => {
        const chunks: Array<Buffer> = []
        response
          .on("data", (chunk: Buffer) => chunks.push(chunk))
          .on("error", fail)
          .on("end", () => {
            const millis = performance.now() - begun
            const { headers: answered, statusCode: status = 0 } = response
            const answer = Buffer.concat(chunks).toString()
            resume(Effect.succeed({ status, headers: answered, text: answer, millis }))
          })
      })
      asked.end(text)
      return Effect.sync(() => asked.destroy())
    })
}
