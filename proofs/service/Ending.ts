import { type Agent, type ClientRequest, type IncomingMessage, request } from "node:http"
import { Data, Effect, Predicate } from "effect"
import type { Question } from "./Ask.ts"

/** How a request ended, as its client saw it. */
export type Ending = Data.TaggedEnum<{
  /** An answer, whole. */
  Answered: { readonly status: number; readonly text: string }
  /** The connection was refused: not a byte of the request was sent. */
  Refused: object
  /** The connection ended before an answer began. It had been used before, or was new. */
  Reset: { readonly isReused: boolean }
  /** An answer had begun, and was cut off. */
  Broken: object
}>
export const Ending = Data.taggedEnum<Ending>()

const isRefusal = (error: unknown) =>
  Predicate.hasProperty(error, "code") && error.code === "ECONNREFUSED"

const answered = (response: IncomingMessage, resume: (ending: Ending) => void) => {
  const chunks: Array<Buffer> = []
  response
    .on("data", (chunk: Buffer) => chunks.push(chunk))
    .on("error", () => resume(Ending.Broken()))
    .on("aborted", () => resume(Ending.Broken()))
    .on("end", () => {
      const text = Buffer.concat(chunks).toString()
      resume(Ending.Answered({ status: response.statusCode ?? 0, text }))
    })
}

const headersOf = (text: string, { headers }: Question) => ({
  ...(text === "" ? {} : { "content-type": "application/json" }),
  "content-length": Buffer.byteLength(text),
  ...headers
})

/** Asks the service at an address over connections of an agent; `false`: over a new one. */
export const endingOf = (
  url: string,
  agent: Agent | false,
  question: Question
): Effect.Effect<Ending> =>
  Effect.async((resume) => {
    const end = (ending: Ending) => resume(Effect.succeed(ending))
    const { body, method, path } = question
    const text = body === undefined ? "" : JSON.stringify(body)
    const headers = headersOf(text, question)
    const asked: ClientRequest = request(`${url}${path}`, { agent, method, headers })
    asked
      .on("response", (response) => answered(response, end))
      .on("error", (error) =>
        end(isRefusal(error) ? Ending.Refused() : Ending.Reset({ isReused: asked.reusedSocket }))
      )
    asked.end(text)
    return Effect.sync(() => asked.destroy())
  })
